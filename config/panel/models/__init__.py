"""The tables every screen shares."""

from config.panel.models.access import AccessToken, Credential, IdempotencyKey
from config.panel.models.audit import AuditEntry, AuditSeal
from config.panel.models.enterprise import Currency, Enterprise
from config.panel.models.screens import Notification, SavedTable
from config.panel.models.user import User
from config.panel.models.work import Run

__all__ = [
    "AccessToken",
    "AuditEntry",
    "AuditSeal",
    "Credential",
    "Currency",
    "Enterprise",
    "IdempotencyKey",
    "Notification",
    "Run",
    "SavedTable",
    "User",
]
