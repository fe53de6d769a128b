"""Recovery of deliveries whose worker died or hung. It is unclear whether their leads arrived."""

from functools import partial
from uuid import UUID

from django.db import transaction

from config.core.background.db_retry import again_after_conflict
from integrations import texts
from integrations.base import Attempt, AttemptResult, Integration
from integrations.delivery import claims, recorder
from integrations.delivery.attempts import NOTHING
from integrations.delivery.outcome import AttemptRecord
from integrations.models import Delivery
from processr.job_types.base import job_types
from processr.models import Job
from processr.plans import planned


def free_orphans() -> int:
    """End the claims of dead workers: queue deliveries again where that is safe, leave the others to a person. Return their number."""
    return sum(again_after_conflict(partial(_free_of_nobody, token)) for token in claims.tokens())


def free_stale(seconds: float) -> int:
    """End the claims that are older than any turn can be. A worker that is merely slow loses its claim too."""
    return sum(again_after_conflict(partial(_free_of_the_slow, token, seconds)) for token in claims.tokens())


@transaction.atomic
def _free_of_nobody(token: UUID) -> int:
    return 0 if claims.has_owner(token) else _free(claims.claimed(token), token)


@transaction.atomic
def _free_of_the_slow(token: UUID, seconds: float) -> int:
    return _free(claims.claimed(token, for_seconds=seconds), token)


def _free(deliveries: list[Delivery], token: UUID) -> int:
    """End the claims as attempts with an unclear result.

    If they did not count, a delivery that kills its worker would be sent again every minute.
    """
    unclear = Attempt(AttemptResult.UNCLEAR, texts.WORKER_STOPPED)
    for job in Job.objects.select_related("group").filter(pk__in={delivery.job_id for delivery in deliveries}).order_by("pk"):
        tried = [AttemptRecord(one, unclear, NOTHING, one.claimed_at) for one in deliveries if one.job_id == job.pk and one.claimed_at]
        recorder.record(tried, job=job, token=token, safe_to_repeat=_is_safe_to_repeat(job))
    return len(deliveries)


def _is_safe_to_repeat(job: Job) -> bool:
    """Return whether the integration says so. A type that no longer exists counts as unsafe."""
    kind = job_types.get(job.type)
    return kind is not None and issubclass(kind, Integration) and kind(planned(job)).safe_to_repeat
