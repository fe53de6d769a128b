"""The explanation of a lead's status: one run, read with its own plan, and the changes that would give another result."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from leads.statuses import QaStatus
from processr import texts
from processr.engine import scoring
from processr.engine.scoring import Judgement, Step
from processr.engine.verdict import sentences
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
    verdict: list[str]
    """The sentences that say why the lead got its status."""

    @property
    def status(self) -> QaStatus:
        return self.judgement.qa_status


def explain(run: Event) -> Explanation:
    """Explain a run by the plan it followed, whatever the campaign's jobs are now.

    Raise Plan.DoesNotExist for an event that is no run.
    """
    plan = from_body(_body_of_plan(run))
    planned = {job.id: job for job in plan.jobs}
    steps = [_recorded_step(row, planned) for row in run.steps]
    lines = list(_lines(steps))
    judgement = scoring.judge(steps, threshold=plan.threshold, test=plan.test_mode)
    for_valid: list[ExplainedJob] = []
    for_caution: list[ExplainedJob] = []
    points_missing = 0
    if judgement.earned_status != QaStatus.VALID:
        for_valid = _needed_for_valid(lines, threshold=plan.threshold)
    if judgement.earned_status == QaStatus.INVALID:
        for_caution = [line for line in lines if line.job.hardfail and line.step.counts_as is OutcomeKind.FAILED]
        # Rounded up: a score of exactly the threshold is Caution.
        points_missing = max(0, -(-plan.threshold * judgement.max_score // 100) - judgement.score)
    verdict = sentences(judgement, steps, plan)
    return Explanation(run, plan, lines, judgement, for_valid, for_caution, points_missing, verdict)


def _body_of_plan(run: Any) -> Any:
    """Return what was read with the run, or else read it."""
    if body := getattr(run, "plan_body", None):
        return body
    return Plan.objects.values_list("body", flat=True).get(campaign=run.campaign_id, number=run.plan_number or 0)


def verdict_of(run: Event, plan: CompiledPlan) -> tuple[QaStatus, list[str]]:
    """Return the status that the run gave by its plan, and the sentences that say why."""
    planned = {job.id: job for job in plan.jobs}
    steps = [_recorded_step(row, planned) for row in run.steps]
    judgement = scoring.judge(steps, threshold=plan.threshold, test=plan.test_mode)
    return judgement.qa_status, sentences(judgement, steps, plan)


def _recorded_step(row: dict[str, Any], planned: dict[int, PlannedJob]) -> Step:
    job = planned[row["job"]] if row["job"] in planned else transform_as_job(row["transform"], row["label"])
    outcome = Outcome(OutcomeKind(row["outcome"]), row["reason"], row["field"], row["value"])
    return Step(job, outcome, row["at"], row["took"])


def _lines(steps: Sequence[Step]) -> Iterable[ExplainedJob]:
    score = possible = 0
    for step in steps:
        score += step.earned
        possible += step.possible
        job, job_type = step.job, job_types.get(step.job.type)
        if job.category == TRANSFORM:
            rule = texts.TRANSFORM_RULE
        elif job_type:
            rule = job_type(job).rule().rstrip(".")
        else:
            rule = texts.TYPE_GONE
        yield ExplainedJob(
            step=step,
            kind=job_type.label if job_type else "",
            rule=rule,
            group=job.group.name if job.group else "",
            conditions=" and ".join(_condition_text(condition.field, condition.written) for condition in job.conditions),
            score=score,
            possible=possible,
        )


def _condition_text(field: str, values: Sequence[str]) -> str:
    if len(values) == 1:
        return f"{field} is {values[0]}"
    return f"{field} is one of {', '.join(values[:VALUES_SHOWN])}{', …' if len(values) > VALUES_SHOWN else ''}"


def _needed_for_valid(lines: list[ExplainedJob], *, threshold: int) -> list[ExplainedJob]:
    """Return the jobs whose result alone keeps the lead from being Valid, even if all others had passed.

    The answer comes from `scoring.judge` itself.
    """
    passed = [
        step if step.outcome.kind is OutcomeKind.SKIPPED else step._replace(outcome=replace(step.outcome, kind=OutcomeKind.PASSED))
        for step in (line.step for line in lines)
    ]
    needed: list[ExplainedJob] = []
    for place, line in enumerate(lines):
        if line.step.counts_as in (OutcomeKind.FAILED, OutcomeKind.ERROR):
            others_passed = [*passed[:place], line.step, *passed[place + 1 :]]
            if scoring.judge(others_passed, threshold=threshold).qa_status != QaStatus.VALID:
                needed.append(line)
    return needed
