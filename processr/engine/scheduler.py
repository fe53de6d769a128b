"""The scheduler of the engine: serves campaigns in turn and processes their waiting leads a chunk at a time.

Live leads go before imported ones. Among the waiting campaigns, the one that was served longest ago is next.
"""

from collections.abc import Collection
from time import monotonic, thread_time
from typing import NamedTuple

import structlog
from django.db import connection, transaction

from config.core.background import locks
from leads import lifecycle
from leads.lifecycle import claims
from leads.statuses import HoldReason
from processr import plans
from processr.engine.pipeline import judge_chunk
from processr.job_types.base import EngineJob
from processr.job_types.registry import engine_type
from processr.plans.plan import CompiledPlan

log = structlog.get_logger(__name__)

# The recursion jumps along the partial index of waiting leads from one (lane, campaign) to the next. It takes one step per waiting
# campaign, however many leads wait in each and however many campaigns there are.
_NEXT = """
WITH RECURSIVE waiting AS (
    (SELECT lane, campaign_id FROM leads_lead WHERE processr_status = 'waiting' AND deleted_at IS NULL
     ORDER BY lane, campaign_id LIMIT 1)
    UNION ALL
    SELECT following.lane, following.campaign_id FROM waiting CROSS JOIN LATERAL (
        SELECT lane, campaign_id FROM leads_lead WHERE processr_status = 'waiting' AND deleted_at IS NULL
          AND (lane, campaign_id) > (waiting.lane, waiting.campaign_id)
        ORDER BY lane, campaign_id LIMIT 1
    ) AS following
)
SELECT campaign.id, waiting.lane FROM waiting JOIN campaigns_campaign AS campaign ON campaign.id = waiting.campaign_id
WHERE campaign.id || ':' || waiting.lane <> ALL(%s)
ORDER BY waiting.lane, campaign.served_at NULLS FIRST, campaign.id LIMIT 1
"""
_SKIP_LOCKED = " FOR NO KEY UPDATE OF campaign SKIP LOCKED"


CHUNK_SECONDS = 10.0
"""The time of a processor that a chunk should take at most."""
QUICK_SECONDS = 2.0
"""A turn that took less says nothing of its leads: a turn has costs of its own."""
CAMPAIGNS_KNOWN = 1_000


class Pace:
    """The time of a processor that the leads of campaigns take, as their last turns in this process have shown.

    A chunk is smaller where leads take long, because their values are long and many jobs read them. Otherwise a sender of such
    leads would keep a worker for minutes from all other campaigns. Waiting for providers does not count: a small chunk
    would wait as long as a large one.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}

    def chunk(self, campaign_id: int, *, at_most: int) -> int:
        seconds = self._seconds.get(campaign_id, 0.0)
        return max(1, min(at_most, int(CHUNK_SECONDS / seconds))) if seconds else at_most

    def note(self, campaign_id: int, *, seconds: float, leads: int) -> None:
        """Note what a turn took. After a quick one, chunks grow again step by step: the next leads may be long, too."""
        before = self._seconds.pop(campaign_id, 0.0) / 4
        each = max(before, seconds / leads) if seconds > QUICK_SECONDS else before
        if each * EngineJob.chunk > CHUNK_SECONDS:
            self._seconds[campaign_id] = each
        if len(self._seconds) > CAMPAIGNS_KNOWN:
            del self._seconds[next(iter(self._seconds))]


pace = Pace()


class CampaignTurn(NamedTuple):
    campaign_id: int
    lane: int


class ServedTurn(NamedTuple):
    """The number of leads that were claimed, and of those a turn may take."""

    leads: int
    chunk: int


def next_turn(*, without: Collection[CampaignTurn] = ()) -> CampaignTurn | None:
    """Return the next campaign to serve, or None if nothing waits.

    The campaign is marked as served, so that another worker takes another one.

    A campaign whose row is locked (by the billing of its leads) is passed over while others wait. If all are
    locked, the first is returned unmarked: its leads are claimed one by one anyway.
    """
    resting = [f"{turn.campaign_id}:{turn.lane}" for turn in without]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.PICK_CAMPAIGN])
        cursor.execute(_NEXT + _SKIP_LOCKED, [resting])
        if row := cursor.fetchone():
            cursor.execute("UPDATE campaigns_campaign SET served_at = clock_timestamp() WHERE id = %s", [row[0]])
        else:
            cursor.execute(_NEXT, [resting])
            row = cursor.fetchone()
    return CampaignTurn(*row) if row else None


def serve_campaigns(*, seconds: float) -> bool:
    """Serve campaigns until nothing waits; return True if the time is over first.

    A campaign with less than a chunk waiting is not served again in this call: leads that arrived meanwhile have
    sent a notification of their own, and a turn costs nearly as much for one lead as for fifty. Neither is a
    campaign whose turn failed; its leads are left to the next sweep.
    """
    resting: set[CampaignTurn] = set()
    until = monotonic() + seconds
    while monotonic() < until:
        turn = next_turn(without=resting)
        if turn is None:
            return False
        try:
            served = process_turn(turn.campaign_id, turn.lane)
        except Exception:
            log.exception("turn failed", campaign=turn.campaign_id, lane=turn.lane)
            served = None
        if served is None or served.leads < served.chunk:
            resting.add(turn)
    return True


def process_turn(campaign_id: int, lane: int) -> ServedTurn:
    """Process one chunk of a campaign."""
    plan, claim = _claim_under_plan(campaign_id, lane)
    served = ServedTurn(len(claim.leads), _chunk_size(plan))
    if not claim.leads:
        return served
    began = thread_time()
    try:
        if plan.jobs:
            judge_chunk(plan, claim.leads, token=claim.token)
        else:
            lifecycle.hold([lead.pk for lead in claim.leads], reason=HoldReason.NO_JOB, token=claim.token)
    finally:
        pace.note(campaign_id, seconds=thread_time() - began, leads=len(claim.leads))
        claims.unlock_token(claim.token)
    return served


def _claim_under_plan(campaign_id: int, lane: int) -> tuple[CompiledPlan, claims.Claim]:
    """Claim a chunk, and return it with the plan that was current at that moment.

    A user who added a job and then sent a lead expects the job to run for the lead. So nothing is claimed if the plan
    has changed since it was read, and the new one is tried.
    """
    plan = plans.current_plan(campaign_id)
    while True:
        claim = claims.claim(campaign_id, limit=_chunk_size(plan), lanes=(lane,), plan_number=plan.number)
        if claim.leads:
            return plan, claim
        tried, plan = plan, plans.current_plan(campaign_id)
        if plan.number == tried.number:
            return plan, claim


def _chunk_size(plan: CompiledPlan) -> int:
    """Return the smallest chunk size among the job types on the campaign, or less where its leads take long."""
    types = (engine_type(job.type) for job in plan.jobs)
    return pace.chunk(plan.campaign_id, at_most=min((job_type.chunk for job_type in types if job_type), default=EngineJob.chunk))
