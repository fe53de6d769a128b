"""Periodic tasks of the core: sealing the audit trail and deleting expired rows."""

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone

from config.core import audit
from config.core.models import AccessToken, IdempotencyKey

KEYS_KEPT = timedelta(hours=24)
FORGET_AT_ONCE = 5_000


@shared_task
def seal_audit() -> int:
    """Seal batch after batch, until nothing committed is left."""
    sealed = 0
    while entries := audit.seal():
        sealed += entries
    return sealed


@shared_task
def forget_expired() -> int:
    """Delete expired tokens, sessions and idempotency keys."""
    now = timezone.now()
    unrefreshable = Q(refresh_expires_at__lt=now) | Q(refresh_expires_at=None)
    return (
        _delete(IdempotencyKey.objects.filter(at__lt=now - KEYS_KEPT))
        + _delete(AccessToken.objects.filter(unrefreshable, expires_at__lt=now))
        + _delete(Session.objects.filter(expire_date__lt=now))
    )


def _delete(expired: QuerySet) -> int:
    """Delete in portions: a day's keys may be millions, and no writer should wait for them."""
    total = 0
    while portion := list(expired.values_list("pk", flat=True)[:FORGET_AT_ONCE]):
        total += expired.filter(pk__in=portion).delete()[0]
    return total
