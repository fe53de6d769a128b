"""Whose turn it is: of the integrations that have something due, the one that was served longest ago."""

from collections.abc import Collection
from time import monotonic

from django.db import connection

from integrations.types import IntegrationType
from processr.models import Job
from processr.types import job_types

PICK_LOCK = 7_310_011
"""One pick after the other: one that had looked before another had claimed would take the same integration."""

OPEN = """
job.enabled AND job.removed_at IS NULL AND job.type = ANY(%(types)s)
AND (campaign.pause_integrations AND campaign.paused_at <= statement_timestamp()) IS NOT TRUE
"""
"""Whether an integration is served: of a kind that sends and that there still is, and not paused with its campaign (decision 25)."""

# The walk jumps along the partial index of what is queued, from one integration to the next: it costs as many steps as integrations
# have something queued, however much that is.
_NEXT = f"""
WITH RECURSIVE queued AS (
    (SELECT job_id, not_before FROM integrations_delivery WHERE state = 'queued' ORDER BY job_id, not_before LIMIT 1)
    UNION ALL
    SELECT following.job_id, following.not_before FROM queued CROSS JOIN LATERAL (
        SELECT job_id, not_before FROM integrations_delivery WHERE state = 'queued' AND job_id > queued.job_id
        ORDER BY job_id, not_before LIMIT 1
    ) AS following
)
SELECT job.id FROM queued JOIN processr_job AS job ON job.id = queued.job_id
JOIN campaigns_campaign AS campaign ON campaign.id = job.campaign_id
LEFT JOIN LATERAL (
    SELECT max(d.answered_at) AS at FROM integrations_delivery AS d WHERE d.job_id = job.id AND d.answered_at IS NOT NULL
) AS answered ON true
WHERE queued.not_before <= statement_timestamp() AND {OPEN} AND job.id <> ALL(%(resting)s)
  AND job.id NOT IN (SELECT job_id FROM integrations_delivery WHERE state = 'sending')
ORDER BY answered.at NULLS FIRST, job.id LIMIT 1
"""  # noqa: S608

_left_alone: dict[int, float] = {}


def next_job(*, resting: Collection[int]) -> Job | None:
    """None when nothing is due. What is claimed of it in the same transaction keeps other workers off it, so that a receiver gets as many
    leads side by side as its integration says, and one that hangs keeps one worker waiting. The others' bells are not lost: whoever serves
    it looks again when the turn is over.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PICK_LOCK])
        cursor.execute(_NEXT, {"resting": [*resting, *_still_left_alone()], "types": types()})
        row = cursor.fetchone()
    return Job.objects.select_related("group").get(pk=row[0]) if row else None


def types() -> list[str]:
    """Keys of the types that send one by one."""
    return [kind.key for kind in job_types if issubclass(kind, IntegrationType) and kind.sends]


def leave_alone(job_id: int, *, seconds: float) -> None:
    """This process does. It is for speed alone: who is down is not waited for again and again while others have something to send."""
    _left_alone[job_id] = monotonic() + seconds


def _still_left_alone() -> list[int]:
    now = monotonic()
    for job_id in [job_id for job_id, until in _left_alone.items() if until <= now]:
        del _left_alone[job_id]
    return list(_left_alone)
