"""Plans and leads without a database, for tests of pure functions."""

from datetime import UTC, datetime
from itertools import count

from processr.engine.scoring import Step
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import Outcome
from processr.plans.plan import PlannedCondition, PlannedGroup, PlannedJob, condition_on

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
_number = count(1)


def job(**columns) -> PlannedJob:
    n = next(_number)
    columns = {
        "id": n, "type": "any", "category": "quality", "label": f"Job {n}", "stage": 10, "score": 10, "hardfail": False,
        "on_error": "error", "after_enrichment": False, "config": {}, **columns,
    }  # fmt: skip
    return PlannedJob(**columns)


def group(score: int = 50) -> PlannedGroup:
    return PlannedGroup(next(_number), "Lists by region", score)


def when(field: str, *values: str) -> PlannedCondition:
    return condition_on(field, values)


def step(outcome: Outcome, **columns) -> Step:
    return Step(job(**columns), outcome)


def lead(**captured: str) -> JobLead:
    return JobLead(
        id=next(_number), publisher_id=None, email=captured.get("email", ""), phone="", name_key="", ip="203.0.113.7", imported=False,
        is_test=False, created_at=NOON, processing_counter=0, failed_jobs=frozenset(), captured=captured, transformed={},
    )  # fmt: skip


def job_input(*leads: JobLead) -> JobInput:
    return JobInput(campaign_id=1, advertiser_id=1, leads=leads, chunk=leads)


def plan_nodes(plan):
    """The nodes of what EXPLAIN (FORMAT JSON) says."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from plan_nodes(child)
