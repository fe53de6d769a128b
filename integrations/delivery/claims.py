"""The claims of deliveries: which integration is served next, and which worker sends which deliveries.

The integration that was served longest ago is next. Claims carry a token. Times are those of the database's clock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from config.core.background import locks
from integrations.base import types_sent_singly
from integrations.models import Delivery
from leads.lifecycle.claims import key
from leads.models import Lead
from processr.models import Job

OPEN = """
job.enabled AND job.removed_at IS NULL AND job.type = ANY(%(types)s)
AND (campaign.pause_integrations AND campaign.paused_at <= statement_timestamp()) IS NOT TRUE
"""
"""The condition under which an integration is served.

It is enabled, its type exists and sends, and it is not paused with its campaign (decision 25).
"""

# The recursion jumps along the partial index of queued deliveries from one integration to the next. Its cost grows with the
# number of integrations that have something queued, not with the number of deliveries.
QUEUED = """
WITH RECURSIVE queued AS (
    (SELECT job_id, not_before FROM integrations_delivery WHERE state = 'queued' ORDER BY job_id, not_before LIMIT 1)
    UNION ALL
    SELECT following.job_id, following.not_before FROM queued CROSS JOIN LATERAL (
        SELECT job_id, not_before FROM integrations_delivery WHERE state = 'queued' AND job_id > queued.job_id
        ORDER BY job_id, not_before LIMIT 1
    ) AS following
)
"""
"""The head of a query: the first queued delivery of each integration."""

_NEXT = f"""{QUEUED}
SELECT job.id FROM queued JOIN processr_job AS job ON job.id = queued.job_id
JOIN campaigns_campaign AS campaign ON campaign.id = job.campaign_id
LEFT JOIN LATERAL (
    SELECT max(d.answered_at) AS at FROM integrations_delivery AS d WHERE d.job_id = job.id AND d.answered_at IS NOT NULL
) AS answered ON true
WHERE queued.not_before <= statement_timestamp() AND {OPEN} AND job.id <> ALL(%(resting)s)
  AND job.id NOT IN (SELECT job_id FROM integrations_delivery WHERE state = 'sending')
ORDER BY answered.at NULLS FIRST, job.id LIMIT 1
"""  # noqa: S608

_skipped_until: dict[int, float] = {}
"""By integration, the time of this process's clock at which it is served again."""


def next_job(*, resting: Collection[int]) -> Job | None:
    """Return the integration to serve next, or None when nothing is due.

    What is claimed of it in the same transaction keeps other workers from it. So a receiver gets no more parallel calls
    than its integration allows, and a hanging receiver keeps only one worker waiting. Notifications to the other
    workers are not lost: the worker that serves the integration looks again after its turn.
    """
    now = monotonic()
    for job_id in [job_id for job_id, until in _skipped_until.items() if until <= now]:
        del _skipped_until[job_id]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.PICK_INTEGRATION])
        cursor.execute(_NEXT, {"resting": [*resting, *_skipped_until], "types": types_sent_singly()})
        row = cursor.fetchone()
    return Job.objects.select_related("group").get(pk=row[0]) if row else None


def skip_integration(job_id: int, *, seconds: float) -> None:
    """Make this process skip the integration for some seconds.

    This only saves time: an unreachable receiver is not waited for again and again while others have something to send.
    """
    _skipped_until[job_id] = monotonic() + seconds


_DELIVERY_COLUMNS = tuple(field.attname for field in Delivery._meta.concrete_fields)
_DELIVERY_PREFIX = "delivery__"
_LEAD_COLUMNS = (
    "id", "lead_hash", "campaign_id", "publisher_id", "link_id", "form_id", "publisher_sub_id", "captured", "transformed", "enriched",
    "email", "phone", "name_key", "ip", "host", "entry_point", "landing_page_url", "imported", "current_status", "processing_counter",
    "failed_jobs", "request_id", "created_at",
)  # fmt: skip
"""The columns of a lead that are sent or recorded. Reading only these takes half the time of reading all of them."""

# The lead is locked as well: an action that holds a lead's lock finds its deliveries in the state it has seen. The lock is shared, so
# that two integrations can claim the same lead at once. The lead is read under the lock, or it could be outdated.
# The CTE is materialized so that the choice is made once.
_CLAIM = f"""
WITH next AS MATERIALIZED (
    SELECT d.id AS due, {", ".join(f"lead.{column}" for column in _LEAD_COLUMNS)}
    FROM integrations_delivery AS d JOIN leads_lead AS lead ON lead.id = d.lead_id
    WHERE d.state = 'queued' AND d.job_id = %(job)s AND d.not_before <= statement_timestamp() AND EXISTS (
        SELECT FROM processr_job AS job JOIN campaigns_campaign AS campaign ON campaign.id = job.campaign_id
        WHERE job.id = %(job)s AND {OPEN}
    )
    ORDER BY d.not_before, d.id LIMIT %(limit)s
    FOR NO KEY UPDATE OF d SKIP LOCKED FOR SHARE OF lead SKIP LOCKED
), claimed AS (
    UPDATE integrations_delivery AS d SET state = 'sending', claim = %(token)s, claimed_at = clock_timestamp()
    FROM next WHERE d.id = next.due RETURNING d.*
)
SELECT next.*, {", ".join(f"claimed.{column} AS {_DELIVERY_PREFIX}{column}" for column in _DELIVERY_COLUMNS)}
FROM claimed JOIN next ON next.due = claimed.id ORDER BY claimed.not_before, claimed.id
"""  # noqa: S608


def claim(job_id: int, *, token: UUID, limit: int) -> list[Delivery]:
    """Claim up to `limit` due deliveries, with their leads as they are now; none if the integration is not served any more.

    The claim is committed before anything is sent. The worker's session holds the lock on the token: see
    `leads.lifecycle.claims.lock_token`.
    """
    parameters = {"job": job_id, "limit": limit, "token": token, "types": types_sent_singly()}
    deliveries = []
    for lead in Lead.objects.raw(_CLAIM, parameters):
        values = [getattr(lead, f"{_DELIVERY_PREFIX}{column}") for column in _DELIVERY_COLUMNS]
        delivery: Delivery = Delivery.from_db(lead._state.db, _DELIVERY_COLUMNS, values)
        delivery.lead = lead
        deliveries.append(delivery)
    return deliveries


def tokens_in_use() -> list[UUID]:
    """Return the tokens of deliveries that are being sent. There is one per running turn, and a turn has few deliveries."""
    sending = Delivery.objects.filter(state=Delivery.State.SENDING)
    return [token for token in sending.values_list("claim", flat=True).order_by("claim").distinct() if token]


def has_owner(token: UUID) -> bool:
    """Return whether a live session holds the lock on the token.

    A process that is killed loses its session, and with it the lock. If there is no owner, this transaction holds the
    token's lock until it ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key(token)])
        return not cursor.fetchone()[0]


def claimed_deliveries(token: UUID, *, for_seconds: float = 0) -> list[Delivery]:
    """Return the deliveries that have been in state sending under the token for at least so many seconds."""
    held = Delivery.objects.filter(state=Delivery.State.SENDING, claim=token, claimed_at__lte=Now() - timedelta(seconds=for_seconds))
    return list(held.select_related("lead").order_by("pk"))


@dataclass(frozen=True, slots=True)
class ClaimStanding:
    """The standing of a token with a delivery, which was found in `state`.

    Its claim may have been taken away because its worker seemed dead. As long as nobody else has acted on the delivery
    since, `is_untouched` is true.
    """

    state: str
    is_claimed: bool
    is_untouched: bool


def claim_standings(token: UUID, deliveries: Collection[Delivery]) -> dict[int, ClaimStanding]:
    """Return the deliveries, as they were claimed, that still carry the token's claim, or lost it and are not being sent by others.

    To be called under the locks of their leads: whoever ends or takes a claim holds the lead's lock.
    """
    attempts = {delivery.pk: delivery.attempts for delivery in deliveries}
    rows = Delivery.objects.filter(Q(claim=token) | Q(claim=None, lost_claim=token), pk__in=attempts)
    found = {}
    for pk, state, claim, tried, first_tried_at in rows.values_list("pk", "state", "claim", "attempts", "first_tried_at"):
        is_open = state in (Delivery.State.QUEUED, Delivery.State.NEEDS_PERSON)
        untouched = claim is None and is_open and tried == attempts[pk] + 1 and first_tried_at is not None
        found[pk] = ClaimStanding(state, is_claimed=claim is not None, is_untouched=untouched)
    return found
