"""Whose turn it is: live leads before imported ones, and of the campaigns that wait the one that was served longest ago.

The engine: serves campaigns in turn, and takes their waiting leads a chunk at a time (DESIGN 5)."""

from collections.abc import Collection
from time import monotonic
from typing import NamedTuple

import structlog
from django.db import connection, transaction

from leads import lifecycle
from leads.lifecycle import claims
from leads.statuses import HoldReason
from processr import plans
from processr.engine.pipeline import judge_chunk
from processr.job_types.base import JobType, job_types
from processr.plans.plan import CompiledPlan

# The walk jumps along the partial index of waiting leads, from one (lane, campaign) to the next: it costs as many steps as campaigns
# wait, however many leads wait in each and however many campaigns there are.
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
_UNLOCKED = " FOR NO KEY UPDATE OF campaign SKIP LOCKED"
PICK_LOCK = 7_310_005
"""One pick after the other: one that had looked before another was marked would take the same campaign again."""


class Turn(NamedTuple):
    campaign_id: int
    lane: int


def next_turn(*, without: Collection[Turn] = ()) -> Turn | None:
    """The next campaign to serve, marked as served so that another worker takes another one; None when nothing waits.

    A campaign whose row is locked (by the billing of its leads) is passed over while others wait; when all are locked, the first is
    taken unmarked: its leads are claimed one by one anyway.
    """
    resting = [f"{turn.campaign_id}:{turn.lane}" for turn in without]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PICK_LOCK])
        cursor.execute(_NEXT + _UNLOCKED, [resting])
        if row := cursor.fetchone():
            cursor.execute("UPDATE campaigns_campaign SET served_at = clock_timestamp() WHERE id = %s", [row[0]])
        else:
            cursor.execute(_NEXT, [resting])
            row = cursor.fetchone()
    return Turn(*row) if row else None


log = structlog.get_logger(__name__)


def work(*, seconds: float) -> bool:
    """Serve campaigns until nothing waits; True when the time is over first.

    A campaign that had less than a chunk waiting sits out the rest: what came meanwhile has rung a bell of its own, and a turn costs
    nearly as much for one lead as for fifty. So does a campaign whose turn failed.
    """
    resting: set[Turn] = set()
    until = monotonic() + seconds
    while monotonic() < until:
        turn = next_turn(without=resting)
        if turn is None:
            return False
        if not _took_a_chunk(turn):
            resting.add(turn)
    return True


def process_turn(campaign_id: int, lane: int) -> int:
    """One chunk of a campaign; returns how many leads were taken."""
    claim = claims.claim(campaign_id, limit=_chunk(plans.current_plan(campaign_id)), lanes=(lane,))
    if not claim.leads:
        return 0
    try:
        # Asked again: whoever added a job and then sent a lead expects the lead to meet the job.
        _work_on(claim, plans.current_plan(campaign_id))
    finally:
        claims.let_go(claim.token)
    return len(claim.leads)


def _work_on(claim: claims.Claim, plan: CompiledPlan) -> None:
    if plan.jobs:
        judge_chunk(plan, claim.leads, token=claim.token)
    else:
        lifecycle.hold([lead.pk for lead in claim.leads], reason=HoldReason.NO_JOB, token=claim.token)


def _took_a_chunk(turn: Turn) -> bool:
    """A turn that fails leaves its leads to the next sweep, and the other campaigns are served meanwhile."""
    try:
        return process_turn(turn.campaign_id, turn.lane) >= _chunk(plans.current_plan(turn.campaign_id))
    except Exception:
        log.exception("turn failed", campaign=turn.campaign_id, lane=turn.lane)
        return False


def _chunk(plan: CompiledPlan) -> int:
    """As many leads as the slowest kind of job on the campaign likes."""
    known = (job_types.get(job.type) for job in plan.jobs)
    return min((job_type.chunk for job_type in known if job_type), default=JobType.chunk)
