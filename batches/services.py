"""The verbs of batches: build one now, try it again, give it up, send it again, and take leads out of the next one."""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from batches import building, texts
from batches.models import BatchAttempt, BatchSchedule, SentBatch
from batches.pending import pending_deliveries
from batches.queue import notify_markers, notify_senders
from batches.resending import notify_resenders
from batches.schedules import DEFAULT, is_paused, setting
from config.core import audit
from config.core.actor import SYSTEM, Actor
from config.core.background import runs
from config.core.errors import DomainError
from config.core.schedule import Schedule, next_run
from integrations.models import Delivery
from integrations.services import cleaned_reason
from leads.lifecycle import notes
from leads.lifecycle.state import lock_states
from leads.models import LeadNote
from processr.models import Job

PAGE = "Batches"
AT_MOST = 2_000
FileState = SentBatch.FileState
BuildTrigger = SentBatch.Trigger
UNSENT = (FileState.NEEDS_PERSON, FileState.READY)


@transaction.atomic
def batch_now(job: Job, *, actor: Actor) -> SentBatch:
    """Begin to build a file of what waits, whatever the schedule says, and record it. Of two people one begins it."""
    locked = _locked_job(job.pk)
    if is_paused(locked):
        raise DomainError(texts.PAUSED, status=409)
    building.refuse_unbuildable(locked.config)
    waiting = pending_deliveries(locked).count()
    batch = begin(locked, BuildTrigger.BY_HAND, actor=actor)
    if not waiting and not setting(locked.config, "send_empty"):
        raise DomainError(texts.NOTHING_WAITS, status=409)
    _record("batch now", batch, actor=actor, severity="high", leads=waiting, destination=building.described(locked.config))
    return batch


@transaction.atomic
def begin(job: Job, trigger: SentBatch.Trigger, *, actor: Actor = SYSTEM) -> SentBatch:
    """Begin to build a file. Raise DomainError while another one of the job is being built, or nothing can be built."""
    building.refuse_unbuildable(job.config)
    batch = SentBatch(
        job=job, trigger=trigger, settings=job.config, label=job.label, file_type=setting(job.config, "file_type") or DEFAULT,
        started_by_id=actor.user_id,
    )  # fmt: skip
    try:
        with transaction.atomic():
            batch.save()
    except IntegrityError as error:
        raise DomainError(texts.BEING_BUILT, status=409) from error
    runs.queue(building.BuildBatch(batch))
    return batch


@transaction.atomic
def begin_scheduled(schedule_id: int, *, now: datetime | None = None) -> SentBatch | None:
    """Begin the file of a schedule whose time has come, and move the schedule on to its next time from now.

    Times that passed while nothing ran are made up for once. While another file of the job is being built it stays due.
    """
    moment = now or timezone.now()
    rows = BatchSchedule.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("job__campaign")
    row = rows.filter(pk=schedule_id, next_run_at__lte=moment, job__removed_at=None).first()
    if row is None or not row.body or is_paused(row.job):
        return None
    if SentBatch.objects.filter(job=row.job_id, phase=FileState.COLLECTING).exists():
        return None
    row.next_run_at = next_run(Schedule.from_json(row.body), moment)
    row.save(update_fields=["next_run_at"])
    if building.refusal_to_build(row.job.config):
        return None
    return begin(row.job, BuildTrigger.SCHEDULE)


@transaction.atomic
def begin_full(job_id: int) -> SentBatch | None:
    """Begin the file of a job of which enough leads wait, unless one is being built."""
    job = _locked_job(job_id)
    schedule = BatchSchedule.objects.filter(job=job).first()
    if schedule is None or not schedule.quantity or is_paused(job) or job.removed_at or building.refusal_to_build(job.config):
        return None
    if SentBatch.objects.filter(job=job, phase=FileState.COLLECTING).exists() or pending_deliveries(job).count() < schedule.quantity:
        return None
    return begin(job, BuildTrigger.QUANTITY)


@transaction.atomic
def retry(batch_ids: Collection[int], *, actor: Actor) -> dict[int, str]:
    """Send files that need a person, or wait for their next attempt, as soon as possible. Return reasons by id of the others."""
    rows = _locked(batch_ids)
    refused = {pk: texts.NOT_IN_NEED for pk in batch_ids if pk not in rows or rows[pk].phase not in UNSENT}
    chosen = [pk for pk in rows if pk not in refused]
    SentBatch.objects.filter(pk__in=chosen).update(phase=FileState.READY, not_before=Now(), first_tried_at=None)
    for pk in chosen:
        _record("batch tried again", rows[pk], actor=actor, severity="medium")
        notify_senders(pk)
    return refused


@transaction.atomic
def give_up(batch_ids: Collection[int], *, actor: Actor, reason: str) -> dict[int, str]:
    """End files that were not sent: their leads go into the next one. Return reasons by id of the others."""
    cleaned = cleaned_reason(reason)
    rows = _locked(batch_ids)
    refused = {pk: texts.NOT_OPEN for pk in batch_ids if pk not in rows or rows[pk].phase not in UNSENT}
    refused |= {pk: texts.BEING_SENT for pk, row in rows.items() if row.phase == FileState.SENDING}
    chosen = [pk for pk in rows if pk not in refused]
    SentBatch.objects.filter(pk__in=chosen).update(phase=FileState.GIVEN_UP)
    for pk in chosen:
        _record("batch given up", rows[pk], actor=actor, severity="medium", reason=cleaned)
        notify_markers(pk)
    return refused


@transaction.atomic
def resend(batch: SentBatch, *, actor: Actor) -> BatchAttempt:
    """Have the identical bytes sent once more under the same name, and record it. The leads stay as they are."""
    locked = SentBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if locked.phase != FileState.SENT:
        raise DomainError(texts.NOT_SENT, status=409)
    if not locked.storage_key:
        raise DomainError(texts.FILE_GONE, status=410)
    resends = BatchAttempt.objects.filter(batch=locked, kind=BatchAttempt.Kind.RESEND)
    if resends.filter(ended_at=None).exists():
        raise DomainError(texts.BEING_SENT, status=409)
    number = (resends.aggregate(last=Max("number"))["last"] or 0) + 1
    attempt = BatchAttempt.objects.create(batch=locked, kind=BatchAttempt.Kind.RESEND, number=number, actor_id=actor.user_id)
    _record("batch resent", locked, actor=actor, severity="high", sha256=locked.sha256)
    notify_resenders(attempt.pk)
    return attempt


@transaction.atomic
def remove_leads(job: Job, lead_ids: Collection[int], *, actor: Actor, reason: str) -> dict[int, str]:
    """Take at most `AT_MOST` leads out of the next file. Return reasons by id of the others.

    They stay Valid and Not Delivered, with a note, and are not queued again by themselves (decision 13).
    """
    if len(lead_ids) > AT_MOST:
        raise ValueError(f"at most {AT_MOST} leads a call, {len(lead_ids)} were given")
    cleaned = cleaned_reason(reason, refusal=texts.NO_REASON)
    lock_states(sorted(lead_ids))
    waiting = pending_deliveries(job).order_by("pk").select_for_update(no_key=True, of=("self",)).filter(lead__in=lead_ids)
    rows = dict(waiting.values_list("lead_id", "pk"))
    Delivery.objects.filter(pk__in=rows.values()).update(
        state=Delivery.State.WITHDRAWN, withdrawn_from="", action_id=None, answer=texts.TAKEN_OUT
    )
    change = [f"Delivery to {job.label}", Delivery.State.QUEUED.label, Delivery.State.WITHDRAWN.label]
    notes.add(dict.fromkeys(sorted(rows), [change]), kind=LeadNote.Kind.DELIVERY, actor=actor, reason=cleaned)
    if rows:
        audit.record(
            actor=actor, page=PAGE, action="leads taken out of a batch", obj=job, campaign_id=job.campaign_id, severity="medium",
            notes=cleaned, after={"leads": sorted(rows)},
        )  # fmt: skip
    return {pk: texts.NOT_PENDING for pk in lead_ids if pk not in rows}


def remove_all(job: Job, *, actor: Actor, reason: str) -> int:
    """Take all leads out that wait at this moment, in chunks. Return their number."""
    last = timezone.now()
    waiting = pending_deliveries(job).filter(created_at__lte=last)
    removed = 0
    while lead_ids := list(waiting.values_list("lead_id", flat=True)[:AT_MOST]):
        removed += len(lead_ids) - len(remove_leads(job, lead_ids, actor=actor, reason=reason))
    return removed


def record_download(batch: SentBatch, *, actor: Actor) -> None:
    _record("batch downloaded", batch, actor=actor, severity="medium", sha256=batch.sha256)


def _locked_job(job_id: int) -> Job:
    return Job.objects.select_related("campaign").select_for_update(no_key=True, of=("self",)).get(pk=job_id)


def _locked(ids: Collection[int]) -> dict[int, SentBatch]:
    if len(ids) > AT_MOST:
        raise ValueError(f"at most {AT_MOST} batches a call, {len(ids)} were given")
    rows = SentBatch.objects.select_related("job").select_for_update(no_key=True, of=("self",))
    return {row.pk: row for row in rows.filter(pk__in=ids).order_by("pk")}


def _record(action: str, batch: SentBatch, *, actor: Actor, severity: str, reason: str = "", **after: object) -> None:
    audit.record(
        actor=actor, page=PAGE, action=action, obj=batch, campaign_id=batch.job.campaign_id, severity=severity, notes=reason,
        after={"label": batch.label, "file": batch.file_name, "lead_count": batch.lead_count, **after},
    )  # fmt: skip
