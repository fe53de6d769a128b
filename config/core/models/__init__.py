"""Models shared by all apps."""

from config.core.models.access import AccessToken, Credential, IdempotencyKey
from config.core.models.audit import AuditEntry, AuditSeal
from config.core.models.enterprise import Currency, Enterprise
from config.core.models.screens import Notification, SavedTable
from config.core.models.user import User
from config.core.models.work import Run

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
