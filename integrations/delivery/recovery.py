"""Recovery of deliveries and messages whose worker died or hung. It is unclear whether they arrived."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from config.core.background.db_retry import again_after_conflict
from integrations import texts
from integrations.base import Attempt, AttemptResult, Integration
from integrations.delivery import claims, recorder
from integrations.delivery.attempts import NO_EXCHANGE
from integrations.delivery.outcome import AttemptRecord
from integrations.messages.recorder import MessageRecorder
from integrations.models import Delivery, Destination, Message
from processr.job_types.registry import job_types
from processr.models import Job
from processr.plans import planned


def free_orphans() -> int:
    """End the claims of dead workers: queue again what is safe to repeat, leave the rest to a person. Return their number."""
    return sum(
        again_after_conflict(partial(_free_without_owner, model, token)) for model in _FREED for token in claims.tokens_in_use(model)
    )


def free_stale(seconds: float) -> int:
    """End the claims that are older than any turn can be. A worker that is merely slow loses its claim too."""
    return sum(
        again_after_conflict(partial(_free_older_than, model, token, seconds)) for model in _FREED for token in claims.tokens_in_use(model)
    )


@transaction.atomic
def _free_without_owner(model: type[Any], token: UUID) -> int:
    return 0 if claims.has_owner(token) else _free(claims.claimed_rows(model, token), token)


@transaction.atomic
def _free_older_than(model: type[Any], token: UUID, seconds: float) -> int:
    return _free(claims.claimed_rows(model, token, for_seconds=seconds), token)


def _free(rows: Sequence[Any], token: UUID) -> int:
    """End the claims as attempts with an unclear result.

    If they did not count, a row that kills its worker would be sent again every minute.
    """
    unclear = Attempt(AttemptResult.UNCLEAR, texts.WORKER_STOPPED)
    if rows:
        _FREED[type(rows[0])]([AttemptRecord(row, unclear, NO_EXCHANGE, row.claimed_at) for row in rows if row.claimed_at], token)
    return len(rows)


def _free_deliveries(records: Sequence[AttemptRecord[Delivery]], token: UUID) -> None:
    """Record them by integration. A type that no longer exists counts as unsafe to repeat."""
    for job in Job.objects.select_related("group").filter(pk__in={record.row.job_id for record in records}).order_by("pk"):
        job_type = job_types.get(job.type)
        safe_to_repeat = job_type is not None and issubclass(job_type, Integration) and job_type(planned(job)).safe_to_repeat
        of_job = [record for record in records if record.row.job_id == job.pk]
        recorder.record_attempts(of_job, job=job, token=token, safe_to_repeat=safe_to_repeat, worker_seems_dead=True)


def _free_messages(records: Sequence[AttemptRecord[Message]], token: UUID) -> None:
    destinations = Destination.objects.select_related("event", "job").filter(pk__in={record.row.destination_id for record in records})
    for destination in destinations.order_by("pk"):
        of_destination = [record for record in records if record.row.destination_id == destination.pk]
        MessageRecorder(destination).record(of_destination, token=token, worker_seems_dead=True)


_FREED: dict[type[Any], Any] = {Delivery: _free_deliveries, Message: _free_messages}
"""By table, what records the attempts of a worker that stopped."""
