"""Recovery of deliveries whose worker died or hung. It is unclear whether their leads arrived."""

from functools import partial
from uuid import UUID

from django.db import transaction

from config.core.background.db_retry import again_after_conflict
from integrations import texts
from integrations.base import Attempt, AttemptResult, Integration
from integrations.delivery import claims, recorder
from integrations.delivery.attempts import NO_EXCHANGE
from integrations.delivery.outcome import AttemptRecord
from integrations.models import Delivery
from processr.job_types.registry import job_types
from processr.models import Job
from processr.plans import planned


def free_orphans() -> int:
    """End the claims of dead workers: queue deliveries again where that is safe, leave the others to a person. Return their number."""
    return sum(again_after_conflict(partial(_free_without_owner, token)) for token in claims.tokens_in_use())


def free_stale(seconds: float) -> int:
    """End the claims that are older than any turn can be. A worker that is merely slow loses its claim too."""
    return sum(again_after_conflict(partial(_free_older_than, token, seconds)) for token in claims.tokens_in_use())


@transaction.atomic
def _free_without_owner(token: UUID) -> int:
    return 0 if claims.has_owner(token) else _free(claims.claimed_deliveries(token), token)


@transaction.atomic
def _free_older_than(token: UUID, seconds: float) -> int:
    return _free(claims.claimed_deliveries(token, for_seconds=seconds), token)


def _free(deliveries: list[Delivery], token: UUID) -> int:
    """End the claims as attempts with an unclear result.

    If they did not count, a delivery that kills its worker would be sent again every minute. A type that no longer exists
    counts as unsafe to repeat.
    """
    unclear = Attempt(AttemptResult.UNCLEAR, texts.WORKER_STOPPED)
    for job in Job.objects.select_related("group").filter(pk__in={delivery.job_id for delivery in deliveries}).order_by("pk"):
        job_type = job_types.get(job.type)
        safe_to_repeat = job_type is not None and issubclass(job_type, Integration) and job_type(planned(job)).safe_to_repeat
        records = [
            AttemptRecord(delivery, unclear, NO_EXCHANGE, delivery.claimed_at)
            for delivery in deliveries
            if delivery.job_id == job.pk and delivery.claimed_at
        ]
        recorder.record_attempts(records, job=job, token=token, safe_to_repeat=safe_to_repeat, worker_seems_dead=True)
    return len(deliveries)
