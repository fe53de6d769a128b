"""Sessions of the database that last longer than a transaction: a pooler in transaction mode gives none."""

from django.conf import settings

from config.core.errors import DomainError


def require_own_session(who: str) -> None:
    """Raise DomainError where DATABASE_URL leads through a pooler. A lock of the session would be somebody else's there."""
    if settings.DATABASE_POOLED:
        raise DomainError(
            f"{who} needs a session of its own: let DATABASE_URL name the database server itself, and leave SLUICE_DATABASE_POOLED empty. "
            "Only web processes may go through a pooler."
        )
