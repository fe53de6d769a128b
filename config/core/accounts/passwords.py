"""Storing a new password. No other code does it."""

from django.utils import timezone

from config.core.accounts import sessions
from config.core.models import User


def store(user: User, password: str) -> None:
    """Store the password. It ends all sessions; the session in which a user changes their own is renewed by Django."""
    user.set_password(password)
    user.password_changed_at = timezone.now()
    user.password_expired = False
    user.save(update_fields=["password", "password_changed_at", "password_expired"])
    sessions.end_all(user)
