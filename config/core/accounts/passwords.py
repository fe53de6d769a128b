"""Storing a new password. No other code does it."""

from django.utils import timezone

from config.core.models import User


def store(user: User, password: str) -> None:
    user.set_password(password)
    user.password_changed_at = timezone.now()
    user.password_expired = False
    user.save(update_fields=["password", "password_changed_at", "password_expired"])
