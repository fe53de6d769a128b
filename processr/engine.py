"""The engine: serves campaigns in turn, and takes their waiting leads a chunk at a time (DESIGN 5)."""

from time import monotonic

import structlog

from leads import claims, lifecycle
from leads.statuses import HoldReason
from processr import plans
from processr.compiled import CompiledPlan
from processr.judging import judge_chunk
from processr.turns import Turn, next_turn
from processr.types import JobType, job_types

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
