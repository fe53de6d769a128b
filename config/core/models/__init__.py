"""Models shared by all apps."""

from config.core.models.audit import AuditEntry, AuditSeal
from config.core.models.credential import Credential
from config.core.models.enterprise import Currency, Enterprise
from config.core.models.notification import Notification
from config.core.models.password_request import PasswordRequest
from config.core.models.run import Run
from config.core.models.saved_table import SavedTable
from config.core.models.session import UserSession
from config.core.models.tokens import AccessToken, IdempotencyKey
from config.core.models.user import User

__all__ = [
    "AccessToken",
    "AuditEntry",
    "AuditSeal",
    "Credential",
    "Currency",
    "Enterprise",
    "IdempotencyKey",
    "Notification",
    "PasswordRequest",
    "Run",
    "SavedTable",
    "User",
    "UserSession",
]
