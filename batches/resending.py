"""Resends: the row of the attempt is the queue. The session of its sender holds a lock on it for as long as it lives."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from batches import texts
from batches.models import BatchAttempt, SentBatch
from batches.queue import QUEUE
from batches.sending import attempt
from batches.targets import Put
from config.core.background.notify import notify_workers
from integrations.base import AttemptResult
from integrations.delivery import claims
from leads.lifecycle.claims import lock_token, unlock_token

TASK = "batches.tasks.resend"
BEGUN = "Being sent"
"""The answer of a resend that a sender has begun: it is not begun a second time."""


def notify_resenders(attempt_id: int) -> None:
    notify_workers(QUEUE, f"resend {attempt_id}", TASK, attempt_id)


def resend(attempt_id: int) -> None:
    """Send the file again, once."""
    token = _token(attempt_id)
    lock_token(token)
    try:
        if not _open().filter(pk=attempt_id, answer="").update(answer=BEGUN):
            return
        batch = SentBatch.objects.select_related("job__campaign").get(tries=attempt_id)
        number = BatchAttempt.objects.values_list("number", flat=True).get(pk=attempt_id)
        _end(attempt_id, attempt(batch, resend=number))
    finally:
        unlock_token(token)


def sweep() -> None:
    """Notify senders of resends that nobody has begun, and end those whose sender is dead."""
    for pk, answer in _open().order_by("pk").values_list("pk", "answer"):
        if not answer:
            notify_resenders(pk)
        else:
            _end_of_dead(pk)


@transaction.atomic
def _end_of_dead(attempt_id: int) -> None:
    if not claims.has_owner(_token(attempt_id)):
        _end(attempt_id, Put(AttemptResult.UNCLEAR, texts.WORKER_STOPPED))


@transaction.atomic
def _end(attempt_id: int, result: Put) -> None:
    ended = _open().filter(pk=attempt_id).update(ended_at=Now(), ok=result.ok, answer=result.answer)
    if ended and result.ok:
        SentBatch.objects.filter(tries=attempt_id).update(resent_at=Now())


def _open() -> QuerySet[BatchAttempt]:
    return BatchAttempt.objects.filter(kind=BatchAttempt.Kind.RESEND, ended_at=None)


def _token(attempt_id: int) -> UUID:
    return UUID(int=attempt_id)
