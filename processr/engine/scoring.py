"""From outcomes to a QA status: decisions 2, 4 and 5, without a database.

Enrichment earns no points, but decision 5 is about every job. A lead about which something could not be found out is at best Caution: else
it would go out without what jobs and integrations after it count on, and nobody would know. Where that is no loss the job says *count as
passed*; where it is a hard one, *count as failed* with hard fail. To have looked and found nothing is no error.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from leads.statuses import QaStatus
from processr import texts
from processr.job_types.outcomes import Kind, Outcome
from processr.models import Job
from processr.plans.plan import TRANSFORM, PlannedJob


class Step(NamedTuple):
    """One job's turn in one run over one lead; times in milliseconds since the run began. There are as many as leads times jobs."""

    job: PlannedJob
    outcome: Outcome
    at: float = 0.0
    took: float = 0.0

    @property
    def counts_as(self) -> Kind:
        """An error counts as what the job's setting says (decision 5)."""
        if self.outcome.kind is not Kind.ERROR:
            return self.outcome.kind
        return _ERROR_COUNTS_AS[self.job.on_error]

    @property
    def keeps_from_valid(self) -> bool:
        """Whatever the other jobs say."""
        return self.counts_as is Kind.ERROR or (self.counts_as is Kind.FAILED and (self.job.hardfail or self.job.points > 0))

    @property
    def possible(self) -> int:
        """Points of a job that did not run, or could not check, are neither earned nor possible."""
        return self.job.points if self.counts_as in (Kind.PASSED, Kind.FAILED) else 0

    @property
    def earned(self) -> int:
        return self.job.points if self.counts_as is Kind.PASSED else 0


_ERROR_COUNTS_AS: dict[str, Kind] = {Job.OnError.ERROR: Kind.ERROR, Job.OnError.PASS: Kind.PASSED, Job.OnError.FAIL: Kind.FAILED}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`earned_status` is what the score says; a test lead has another `qa_status`. `reasons` and `failed` in the order of the plan."""

    qa_status: QaStatus
    earned_status: QaStatus
    score: int
    max_score: int
    hardfail: bool
    errored: bool
    reasons: list[str]
    failed: list[Step]

    @property
    def qa_result(self) -> dict[str, Any]:
        """Under the names of the API."""
        failed = [{"id": step.job.id, "label": step.job.label, "reason": step.outcome.reason} for step in self.failed]
        return {"qaReasons": self.reasons, "failedJobs": failed}

    @property
    def failed_jobs(self) -> list[int]:
        return [step.job.id for step in self.failed]


def judge(steps: Sequence[Step], *, threshold: int, test: bool = False) -> Judgement:
    """`threshold` in percent; `test`: the campaign takes tests only, so the lead is one whatever its score."""
    score = possible = 0
    hardfail = errored = False
    failed: list[Step] = []
    for step in steps:
        counts_as = step.counts_as
        if counts_as is Kind.PASSED:
            points = step.job.points
            score += points
            possible += points
        elif counts_as is Kind.FAILED:
            possible += step.job.points
            failed.append(step)
            hardfail = hardfail or step.job.hardfail
        errored = errored or counts_as is Kind.ERROR
    status = QaStatus.INVALID if hardfail else _by_score(score, possible, threshold)
    if errored and status == QaStatus.VALID:
        status = QaStatus.CAUTION
    reasons = list(_reasons(steps)) if failed or errored else []
    return Judgement(QaStatus.TEST if test else status, status, score, possible, hardfail, errored, reasons, failed)


def _by_score(score: int, possible: int, threshold: int) -> QaStatus:
    """In whole numbers: a score of exactly the threshold is Caution. Nothing scored is 0 of 0, and all of it."""
    if score == possible:
        return QaStatus.VALID
    return QaStatus.CAUTION if score * 100 >= threshold * possible else QaStatus.INVALID


def _reasons(steps: Sequence[Step]) -> Iterable[str]:
    for step in steps:
        if step.counts_as is Kind.FAILED:
            yield step.outcome.reason
        elif step.counts_as is Kind.ERROR:
            why = step.outcome.reason if step.job.category == TRANSFORM else texts.COULD_NOT_BE_CHECKED.lower()
            yield f"{step.job.label}: {why}"
