"""E-mails about notifications. The rows are the queue."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import Truncator

from config.core import enterprise
from config.core.background.mail_queue import CLAIM, SECONDS_PER_TURN, send_while_due
from config.core.models import Notification
from config.core.notifications.service import wants_mail

log = structlog.get_logger(__name__)

RETRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=4))
SUBJECT_LENGTH = 100


def send_due_mail(*, seconds: float = SECONDS_PER_TURN) -> int:
    return send_while_due(_claim, _send, seconds=seconds)


@transaction.atomic
def _claim() -> Notification | None:
    notification = due().select_related("user").select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if notification:
        notification.mail_due_at = timezone.now() + CLAIM
        notification.mail_attempts += 1
        notification.save(update_fields=["mail_due_at", "mail_attempts"])
    return notification


def _send(notification: Notification) -> bool:
    """Make one attempt. Every error of a mail server is an OSError."""
    row = Notification.objects.filter(pk=notification.pk)
    if not wants_mail(notification.user, notification.kind):
        row.update(mail_due_at=None)
        return False
    try:
        compose(notification).send()
    except OSError as error:
        failures = notification.mail_attempts
        retry_at = timezone.now() + RETRIES[failures - 1] if failures <= len(RETRIES) else None
        log.warning("notification not mailed", id=notification.pk, failures=failures, retry_at=retry_at, error=type(error).__name__)
        row.filter(read_at=None).update(mail_due_at=retry_at)
        return False
    row.update(mail_due_at=None, mailed_at=Now())
    return True


def due() -> QuerySet[Notification]:
    return Notification.objects.filter(mail_due_at__lte=Now(), read_at=None).order_by("mail_due_at", "pk")


def compose(notification: Notification) -> EmailMultiAlternatives:
    """Return the e-mail as plain text and HTML, with times in the zone of its reader."""
    user = notification.user
    context = {"notification": notification, "user": user, "base_url": settings.BASE_URL}
    with timezone.override(user.tzinfo or enterprise.zone()):
        text = render_to_string("core/mail/notification.txt", context)
        html = render_to_string("core/mail/notification.html", context)
    subject = Truncator(" ".join(notification.text.split())).chars(SUBJECT_LENGTH)
    mail = EmailMultiAlternatives(subject, text, to=[user.email], headers={"Auto-Submitted": "auto-generated"})
    mail.attach_alternative(html, "text/html")
    return mail
