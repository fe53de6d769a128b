"""Housekeeping nobody waits for."""

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from config.panel import audit
from config.panel.models import AccessToken, IdempotencyKey

KEYS_KEPT = timedelta(hours=24)


@shared_task
def seal_audit() -> int:
    return audit.seal()


@shared_task
def forget_expired() -> None:
    """Tokens and sessions past their time, and answers kept for senders that repeat themselves."""
    now = timezone.now()
    IdempotencyKey.objects.filter(at__lt=now - KEYS_KEPT).delete()
    AccessToken.objects.filter(expires_at__lt=now, refresh_expires_at__lt=now).delete()
    AccessToken.objects.filter(expires_at__lt=now, refresh_expires_at=None).delete()
    Session.objects.filter(expire_date__lt=now).delete()
