"""Tasks of the core: background runs, sealing the audit trail, deleting expired rows, mailing notifications."""

from datetime import timedelta

from celery import shared_task
from django.db.models import Q, QuerySet
from django.utils import timezone

from config.core import audit
from config.core.accounts import password_mail
from config.core.background import runs
from config.core.models import AccessToken, IdempotencyKey, Notification, PasswordRequest, UserSession
from config.core.notifications import mail

KEYS_KEPT = timedelta(hours=24)
NOTIFICATIONS_KEPT = timedelta(days=90)
FORGET_AT_ONCE = 5_000


@shared_task
def work_on_run(key: str, run_id: int) -> None:
    """Work on a run for one turn. A type that no longer exists has no workers."""
    run_type = runs.run_types.get(key)
    if run_type and run_type.for_workers:
        runs.work_on(run_type, run_id)


@shared_task
def sweep_runs() -> None:
    runs.sweep()


@shared_task
def seal_audit() -> int:
    """Seal batch after batch, until nothing committed is left."""
    sealed = 0
    while entries := audit.seal():
        sealed += entries
    return sealed


@shared_task
def forget_expired() -> int:
    """Delete expired tokens, sessions, keys and password requests, drafts of runs, and old notifications, whether read or not."""
    now = timezone.now()
    unrefreshable = Q(refresh_expires_at__lt=now) | Q(refresh_expires_at=None)
    return (
        _delete(IdempotencyKey.objects.filter(at__lt=now - KEYS_KEPT))
        + _delete(AccessToken.objects.filter(unrefreshable, expires_at__lt=now))
        + _delete(UserSession.objects.filter(expire_date__lt=now))
        + _delete(Notification.objects.filter(at__lt=now - NOTIFICATIONS_KEPT))
        + _delete(PasswordRequest.objects.filter(at__lt=now - password_mail.KEPT))
        + runs.drop_drafts()
    )


@shared_task
def send_notification_mail() -> int:
    """Send the e-mails that are due: at a notification's own message, and with each sweep."""
    return mail.send_due_mail()


@shared_task
def send_password_mail() -> int:
    """Send the links for new passwords that are due: at the message of a request, and with each sweep."""
    return password_mail.send_due_mail()


def _delete(expired: QuerySet) -> int:
    """Delete in portions: a day's keys may be millions, and no writer should wait for them."""
    total = 0
    while portion := list(expired.values_list("pk", flat=True)[:FORGET_AT_ONCE]):
        total += expired.filter(pk__in=portion).delete()[0]
    return total
