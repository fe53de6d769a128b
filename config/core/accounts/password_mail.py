"""E-mails for people who have forgotten their password. A request writes a row; a worker of the `mail` queue looks for the account.

So the request takes the same time whether there is an account or not, and does not wait for a mail server.
"""

import unicodedata
from datetime import timedelta

import structlog
from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from config.core import audit
from config.core.accounts import tokens
from config.core.actor import Actor
from config.core.api import throttle
from config.core.background.mail_queue import CLAIM, SECONDS_PER_TURN, send_while_due
from config.core.background.notify import notify_workers
from config.core.models import PasswordRequest, User

log = structlog.get_logger(__name__)

QUEUE, TASK = "mail", "config.core.tasks.send_password_mail"
KEPT = timedelta(hours=1)
RETRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))


@transaction.atomic
def request_mail(email: str, *, ip: str | None) -> None:
    """Queue an e-mail with a link. Above the limits per client address and per e-mail address nothing happens, and nobody is told."""
    name = unicodedata.normalize("NFKC", email).casefold()
    try:
        if ip:
            throttle.check(f"address:{ip}", "password_mails_of_address")
        throttle.check(f"email:{tokens.digest(name)[:32]}", "password_mails")
    except throttle.TooManyRequests:
        log.info("request for a new password not followed", ip=ip)
        return
    PasswordRequest.objects.create(email=email, ip=ip, due_at=timezone.now())
    notify_workers(QUEUE, "passwords", TASK)


def send_due_mail(*, seconds: float = SECONDS_PER_TURN) -> int:
    return send_while_due(_claim, _send, seconds=seconds)


@transaction.atomic
def _claim() -> PasswordRequest | None:
    request = due().select_for_update(skip_locked=True).first()
    if request:
        request.due_at = timezone.now() + CLAIM
        request.attempts += 1
        request.save(update_fields=["due_at", "attempts"])
    return request


def _send(request: PasswordRequest) -> int:
    """Make one attempt. Every error of a mail server is an OSError."""
    sent, row = 0, PasswordRequest.objects.filter(pk=request.pk)
    for user in PasswordResetForm().get_users(request.email):
        try:
            _compose(user).send()
        except OSError as error:
            again = request.attempts <= len(RETRIES)
            log.warning("password not mailed", user=user.pk, failures=request.attempts, again=again, error=type(error).__name__)
            if again:
                row.update(due_at=timezone.now() + RETRIES[request.attempts - 1])
                return sent
            continue
        sent += 1
        audit.record(
            actor=Actor(str(user), user.pk, request.ip),
            action="Asked for a new password",
            page="Forgotten password",
            obj=user,
            severity="medium",
        )
    row.delete()
    return sent


def due() -> QuerySet[PasswordRequest]:
    return PasswordRequest.objects.filter(due_at__lte=Now(), at__gt=timezone.now() - KEPT).order_by("due_at", "pk")


def _compose(user: User) -> EmailMultiAlternatives:
    """Return the e-mail, with the configured base URL and not with the host that a request named."""
    context = {
        "user": user,
        "uid": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": default_token_generator.make_token(user),
        "base_url": settings.BASE_URL,
        "minutes": settings.PASSWORD_RESET_TIMEOUT // 60,
    }
    subject = "".join(render_to_string("registration/reset_subject.txt", context).splitlines())
    return EmailMultiAlternatives(subject, render_to_string("registration/reset_email.txt", context), to=[user.email])
