"""The explanation of a lead's status: one run, read with its own plan, and the changes that would give another result."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from leads.statuses import QaStatus
from processr import texts
from processr.engine import scoring
from processr.engine.scoring import Judgement, Step
from processr.job_types.base import JobType
from processr.job_types.outcomes import Outcome, OutcomeKind
from processr.job_types.registry import job_types
from processr.models import Event, Plan
from processr.plans.plan import TRANSFORM, CompiledPlan, PlannedJob, from_body, transform_as_job

VALUES_SHOWN = 10


@dataclass(frozen=True)
class ExplainedJob:
    """One job in a run: what it checked, what it found and the outcome.

    `score` and `possible` are the sums up to and including this job. Times are in milliseconds.
    """

    step: Step
    kind: str
    rule: str
    group: str
    conditions: str
    score: int
    possible: int

    @property
    def job(self) -> PlannedJob:
        return self.step.job

    @property
    def number(self) -> int | None:
        """Return the job's id, or None for a value transform that could not be applied."""
        return None if self.job.category == TRANSFORM else self.job.id

    @property
    def outcome(self) -> Outcome:
        return self.step.outcome

    @property
    def could_not_check(self) -> bool:
        return self.outcome.kind is OutcomeKind.ERROR


@dataclass(frozen=True)
class Explanation:
    run: Event
    plan: CompiledPlan
    lines: list[ExplainedJob]
    judgement: Judgement
    for_valid: list[ExplainedJob]
    """The jobs that would each have to pass for the lead to be Valid."""
    for_caution: list[ExplainedJob]
    """The hard fails that would have to pass for the lead to be Caution, beside the `points_missing` (0 where the score suffices)."""
    points_missing: int

    @property
    def status(self) -> QaStatus:
        return self.judgement.qa_status


def explain(run: Event) -> Explanation:
    """Explain a run by the plan it followed, whatever the campaign's jobs are now.

    Raise Plan.DoesNotExist for an event that is no run.
    """
    plan = from_body(Plan.objects.values_list("body", flat=True).get(campaign=run.campaign_id, number=run.plan_number or 0))
    planned = {job.id: job for job in plan.jobs}
    steps = [_step(said, planned) for said in run.steps]
    lines = list(_lines(steps))
    judgement = scoring.judge(steps, threshold=plan.threshold, test=plan.test_mode)
    return Explanation(
        run=run,
        plan=plan,
        lines=lines,
        judgement=judgement,
        for_valid=[] if judgement.earned_status == QaStatus.VALID else _for_valid(lines, plan),
        for_caution=_for_caution(lines) if judgement.earned_status == QaStatus.INVALID else [],
        points_missing=_points_missing(steps, plan) if judgement.earned_status == QaStatus.INVALID else 0,
    )


def _step(said: dict[str, Any], planned: dict[int, PlannedJob]) -> Step:
    job = planned[said["job"]] if said["job"] in planned else transform_as_job(said["transform"], said["label"])
    outcome = Outcome(OutcomeKind(said["outcome"]), said["reason"], said["field"], said["value"])
    return Step(job, outcome, said["at"], said["took"])


def _lines(steps: Sequence[Step]) -> Iterable[ExplainedJob]:
    scores = accumulate(step.earned for step in steps)
    possible = accumulate(step.possible for step in steps)
    for step, score, out_of in zip(steps, scores, possible, strict=True):
        job, job_type = step.job, job_types.get(step.job.type)
        yield ExplainedJob(
            step=step,
            kind=job_type.label if job_type else "",
            rule=_rule(job, job_type),
            group=job.group.name if job.group else "",
            conditions=" and ".join(_condition(condition.field, sorted(condition.values)) for condition in job.conditions),
            score=score,
            possible=out_of,
        )


def _rule(job: PlannedJob, job_type: type[JobType] | None) -> str:
    if job.category == TRANSFORM:
        return texts.TRANSFORM_RULE
    return job_type(job).rule().rstrip(".") if job_type else texts.TYPE_GONE


def _condition(field: str, values: list[str]) -> str:
    shown = ", ".join(values[:VALUES_SHOWN]) + (", …" if len(values) > VALUES_SHOWN else "")
    return f"{field} is {shown}" if len(values) == 1 else f"{field} is one of {shown}"


def _for_valid(lines: list[ExplainedJob], plan: CompiledPlan) -> list[ExplainedJob]:
    """Return the jobs whose result alone keeps the lead from being Valid, even if all others had passed.

    The answer comes from `scoring.judge` itself.
    """
    wrong = [line for line in lines if line.step.counts_as in (OutcomeKind.FAILED, OutcomeKind.ERROR)]
    return [line for line in wrong if _status_if_all_passed_but(line, lines, plan) != QaStatus.VALID]


def _for_caution(lines: list[ExplainedJob]) -> list[ExplainedJob]:
    return [line for line in lines if line.job.hardfail and line.step.counts_as is OutcomeKind.FAILED]


def _status_if_all_passed_but(one: ExplainedJob, lines: list[ExplainedJob], plan: CompiledPlan) -> QaStatus:
    return scoring.judge([line.step if line is one else _passed(line.step) for line in lines], threshold=plan.threshold).qa_status


def _passed(step: Step) -> Step:
    return step if step.outcome.kind is OutcomeKind.SKIPPED else step._replace(outcome=replace(step.outcome, kind=OutcomeKind.PASSED))


def _points_missing(steps: Sequence[Step], plan: CompiledPlan) -> int:
    """Return the points short of the threshold, rounded up: a score of exactly the threshold is Caution."""
    score, possible = sum(step.earned for step in steps), sum(step.possible for step in steps)
    return max(0, -(-plan.threshold * possible // 100) - score)
