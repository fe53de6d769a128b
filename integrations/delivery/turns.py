"""The destinations in turn: which is served next, why one is not, and the rest of those that do not answer.

The one that was served longest ago is next. Times are those of the database's clock, and shared by all workers.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from config.core.background import locks
from config.core.background.clock import database_now
from integrations import alerts
from integrations.base import types_sent_singly
from integrations.delivery.claims import OPEN
from integrations.messages.order import FIRST_OF_ITS_KEY
from integrations.models import Destination
from integrations.models.destination import WaitReason
from processr.models import Job

log = structlog.get_logger(__name__)

FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=15)
"""Each rest of a destination that does not answer is twice as long as the one before, up to this. Each ends with one call."""

# The destinations are few, and sorted before any queue is looked at: the first that has something due is taken. Whoever serves one has
# something of it in state sending.
_NEXT = f"""
WITH candidate AS MATERIALIZED (
    SELECT job.id AS job_id, d.id AS destination_id, d.served_at
    FROM processr_job AS job JOIN campaigns_campaign AS campaign ON campaign.id = job.campaign_id
    LEFT JOIN integrations_destination AS d ON d.job_id = job.id
    WHERE job.category = 'integration' AND {OPEN}
    UNION ALL
    SELECT NULL, d.id, d.served_at
    FROM integrations_destination AS d JOIN integrations_outboundevent AS event ON event.id = d.event_id
    JOIN campaigns_campaign AS campaign ON campaign.id = event.campaign_id
    WHERE event.enabled AND event.removed_at IS NULL
    AND (campaign.pause_integrations AND campaign.paused_at <= statement_timestamp()) IS NOT TRUE
), in_turn AS (
    SELECT c.job_id, c.destination_id FROM candidate AS c
    LEFT JOIN integrations_destination AS d ON d.id = c.destination_id
    WHERE (d.waits_until <= statement_timestamp()) IS NOT FALSE AND (%(only)s::bigint[] IS NULL OR d.failing_since IS NULL)
    AND (c.destination_id = ANY(%(resting)s)) IS NOT TRUE AND (%(only)s::bigint[] IS NULL OR c.destination_id = ANY(%(only)s::bigint[]))
    ORDER BY c.served_at NULLS FIRST, c.job_id, c.destination_id OFFSET 0
)
SELECT job_id, destination_id, has_deliveries FROM in_turn CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM integrations_delivery AS its
        WHERE its.state = 'queued' AND its.job_id = in_turn.job_id AND its.not_before <= statement_timestamp()
    ) AS has_deliveries
) AS queue
WHERE (has_deliveries OR EXISTS (
    SELECT FROM integrations_message AS m
    WHERE m.state = 'queued' AND m.destination_id = in_turn.destination_id AND m.not_before <= statement_timestamp() AND {FIRST_OF_ITS_KEY}
))
AND (job_id IN (SELECT job_id FROM integrations_delivery WHERE state = 'sending')) IS NOT TRUE
AND (destination_id IN (SELECT destination_id FROM integrations_message WHERE state = 'sending')) IS NOT TRUE
LIMIT 1
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Served:
    """A destination whose turn it is, with what is sent: deliveries of its integration, or messages."""

    destination: Destination
    job: Job | None
    has_deliveries: bool


def next_in_turn(*, resting: Collection[int], only: Collection[int] | None = None) -> Served | None:
    """Return the destination to serve next, or None when nothing is due; with `only`, one of these that does not fail.

    What is claimed of it in the same transaction keeps other workers from it. So a receiver gets no more parallel calls
    than its integration allows, and a hanging receiver keeps only one worker waiting. Notifications to the other
    workers are not lost: the worker that serves the destination looks again after its turn.
    """
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]  # our own engine's
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.PICK_INTEGRATION])
        cursor.execute(_NEXT, {"resting": [*resting], "only": None if only is None else [*only], "types": types_sent_singly()})
        row = cursor.fetchone()
    if not row:
        return None
    job_id, destination_id, has_deliveries = row
    job = Job.objects.select_related("group").get(pk=job_id) if job_id else None
    if destination_id is None:
        destination = Destination.objects.create(job=job, served_at=Now())
    else:
        destination = Destination.objects.select_related("event").get(pk=destination_id)
        Destination.objects.filter(pk=destination_id).update(served_at=Now())
    return Served(destination, job, has_deliveries)


@transaction.atomic
def rest(destination: Destination) -> None:
    """Leave a destination that does not answer out of its turns for a while, each time longer. It fails from now on, until it answers."""
    pause = min(FIRST_REST * 2 ** min(destination.rests, 10), LONGEST_REST)
    now = database_now()
    Destination.objects.filter(pk=destination.pk).update(
        waits_until=now + pause,
        waits_for=WaitReason.UNREACHABLE,
        rests=F("rests") + 1,
        failing_since=destination.failing_since or now,
    )
    if not destination.rests:
        alerts.destination_rests(destination)
    log.warning("destination rests", destination=destination.pk, job=destination.job_id, seconds=pause.total_seconds())


def fails(destination: Destination) -> None:
    """Note that none of the calls of a turn was answered. They were too few for a rest: the next turn tries with one call."""
    if destination.failing_since is None:
        Destination.objects.filter(pk=destination.pk).update(failing_since=Now())


@transaction.atomic
def answers(destination: Destination) -> None:
    """Note that the destination answers, again where it failed before."""
    if destination.failing_since:
        Destination.objects.filter(pk=destination.pk).update(failing_since=None, rests=0)
        if destination.rests:
            alerts.destination_answers(destination)
        log.info("destination answers again", destination=destination.pk, job=destination.job_id)
