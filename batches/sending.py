"""Sending files: one attempt by one worker, whose session holds a lock on its claim for as long as it lives."""

from dataclasses import dataclass
from random import random
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from batches import notices, texts
from batches.files import storage
from batches.models import BatchAttempt, SentBatch
from batches.queue import notify_markers
from batches.schedules import setting
from batches.targets import BatchFile, BatchTarget, Login, Put, batch_targets
from batches.targets.protocols.logins import load_login
from campaigns.credentials.scope import credentials_of_campaign
from config.core.background.clock import database_now
from config.core.errors import DomainError
from integrations.base import AttemptResult
from integrations.delivery import claims
from integrations.delivery.outcome import next_attempt
from leads.lifecycle.claims import lock_token, unlock_token

log = structlog.get_logger(__name__)
FileState = SentBatch.FileState
UNPAUSED = Q(job__campaign__pause_integrations=False) | Q(job__campaign__paused_at=None) | Q(job__campaign__paused_at__gt=Now())
LOST = Put(AttemptResult.UNCLEAR, texts.WORKER_STOPPED)


@dataclass(frozen=True, slots=True)
class _Claimed:
    batch: SentBatch
    attempt: BatchAttempt
    token: UUID


def due() -> QuerySet[SentBatch]:
    """Return the files that can be sent now. A removed job's are sent too: its leads are in them."""
    open_jobs = Q(job__enabled=True) & UNPAUSED
    return SentBatch.objects.filter(open_jobs, phase=FileState.READY, not_before__lte=Now())


def send(batch_id: int) -> None:
    """Make one attempt at sending the file, if it is due and nobody else does."""
    token = uuid4()
    lock_token(token)
    try:
        claimed = _claim(batch_id, token)
        if claimed is not None:
            _record(claimed, attempt(claimed.batch))
    finally:
        unlock_token(token)


@transaction.atomic
def _claim(batch_id: int, token: UUID) -> _Claimed | None:
    batch = due().filter(pk=batch_id).select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
    if batch is None:
        return None
    now = database_now()
    batch.phase, batch.send_claim, batch.send_claimed_at, batch.first_tried_at = FileState.SENDING, token, now, batch.first_tried_at or now
    batch.save(update_fields=["phase", "send_claim", "send_claimed_at", "first_tried_at"])
    attempt = BatchAttempt.objects.create(batch=batch, at=now, kind=BatchAttempt.Kind.SEND)
    return _Claimed(SentBatch.objects.select_related("job__campaign__advertiser").get(pk=batch_id), attempt, token)


def attempt(batch: SentBatch, *, resend: int = 0) -> Put:
    """Send the file once. What keeps it here is a result too."""
    try:
        return put(batch, resend=resend)
    except DomainError as error:
        return Put(AttemptResult.NEVER, error.message)
    except Exception:
        log.exception("batch could not be sent", batch=batch.pk, resend=resend)
        return Put(AttemptResult.UNCLEAR, texts.FAULT_OF_OURS)


def put(batch: SentBatch, *, resend: int = 0) -> Put:
    """Send the stored bytes under the name that they have, by the destination that the job has now.

    A job may have got another login or host key since the file was built.
    """
    if not batch.storage_key:
        raise DomainError(texts.FILE_GONE, status=410)
    stored = storage.StoredBatch(batch.storage_key, bytes(batch.sealed_key))
    file = BatchFile(
        name=batch.file_name, size=batch.size or 0, sha256=batch.sha256, open=lambda: storage.open_file(stored), batch_id=batch.pk,
        lead_count=batch.lead_count, campaign=batch.job.campaign.name, label=batch.label, number=batch.number or 0, resend=resend,
    )  # fmt: skip
    return target_of(batch).put(file)


def target_of(batch: SentBatch) -> BatchTarget:
    config = batch.job.config if batch.job.config.get("destination") else batch.settings
    target = batch_targets.get(config.get("destination") or "")
    if target is None:
        raise DomainError(texts.NO_TARGET, status=409)
    return target(config, _login(target(config), setting(config, "credential"), batch.job.campaign_id) if target.needs_login else None)


def _login(target: BatchTarget, number: int | None, campaign_id: int) -> Login:
    """Return the login as it is now, if it is for this server: secrets are never kept with a batch."""
    credential = credentials_of_campaign(campaign_id).filter(pk=number).first() if number is not None else None
    if credential is None:
        raise DomainError(texts.NO_LOGIN, status=409)
    return load_login(credential, target)


@transaction.atomic
def _record(claimed: _Claimed, result: Put) -> None:
    """Record the attempt. Success ends the batch in one statement; its leads are marked afterwards."""
    BatchAttempt.objects.filter(pk=claimed.attempt.pk).update(ended_at=Now(), ok=result.ok, answer=result.answer)
    held = SentBatch.objects.select_for_update(no_key=True).filter(pk=claimed.batch.pk)
    batch = held.first()
    if batch is None:
        return
    is_ours = batch.phase == FileState.SENDING and batch.send_claim == claimed.token
    if result.ok and (is_ours or batch.phase in (FileState.READY, FileState.SENDING, FileState.NEEDS_PERSON)):
        # The file arrived: whoever took this over, or is to decide, need not any more.
        held.update(
            phase=FileState.SENT, sent_at=Now(), send_claim=None, send_claimed_at=None, attempts=batch.attempts + 1, answer=result.answer
        )
        notify_markers(batch.pk)
    elif is_ours:
        _after_failure(claimed.batch, batch, result)


def _after_failure(known: SentBatch, batch: SentBatch, result: Put) -> None:
    now, attempts = database_now(), batch.attempts + 1
    target = batch_targets.get((known.job.config.get("destination") or known.settings.get("destination")) or "")
    may_repeat = result.result == AttemptResult.LATER or (
        result.result == AttemptResult.UNCLEAR and target is not None and target.safe_to_repeat
    )
    again = next_attempt(first=batch.first_tried_at or now, now=now, attempts=attempts, chance=random()) if may_repeat else None
    SentBatch.objects.filter(pk=batch.pk).update(
        phase=FileState.READY if again else FileState.NEEDS_PERSON, not_before=again or now, send_claim=None, send_claimed_at=None,
        attempts=attempts, answer=result.answer,
    )  # fmt: skip
    known.attempts = attempts
    if again is None:
        notices.needs_person(known, result.answer)
    elif attempts == 1:
        notices.failed(known, result.answer)


def take_over() -> int:
    """End the attempts of dead senders: the file may have arrived, and is sent again only where that is safe. Return their number."""
    ended = 0
    for batch in SentBatch.objects.filter(phase=FileState.SENDING).only("pk", "send_claim").order_by("pk"):
        ended += batch.send_claim is not None and _end_of_dead(batch.pk, batch.send_claim)
    return ended


@transaction.atomic
def _end_of_dead(batch_id: int, token: UUID) -> bool:
    if claims.has_owner(token):
        return False
    rows = SentBatch.objects.select_related("job__campaign__advertiser").select_for_update(no_key=True, of=("self",))
    batch = rows.filter(pk=batch_id, phase=FileState.SENDING, send_claim=token).first()
    if batch is None:
        return False
    BatchAttempt.objects.filter(batch=batch, kind=BatchAttempt.Kind.SEND, ended_at=None).update(
        ended_at=Now(), ok=False, answer=LOST.answer
    )
    _after_failure(batch, batch, LOST)
    return True
