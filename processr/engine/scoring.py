"""The scoring of a run: outcomes become a QA status (decisions 2, 4 and 5), without a database.

Enrichment earns no points, but decision 5 applies to every job: a lead about which something could not be
found out is at best Caution. Otherwise it would go out, unnoticed, without values that later jobs and
integrations rely on. A job for which that is no loss is set to *count as passed*; one for which it is
decisive, to *count as failed* with hard fail. A look-up that finds nothing is no error.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from leads.statuses import QaStatus
from processr import texts
from processr.job_types.outcomes import Outcome, OutcomeKind
from processr.models import Job
from processr.plans.plan import TRANSFORM, PlannedJob


class Step(NamedTuple):
    """One job's step in a run over one lead.

    `at` is in milliseconds since the run began, and `took` in milliseconds. A run makes one step per lead and
    job.
    """

    job: PlannedJob
    outcome: Outcome
    at: float = 0.0
    took: float = 0.0

    @property
    def counts_as(self) -> OutcomeKind:
        """Return the kind of the outcome. An error counts as the job's setting says (decision 5)."""
        if self.outcome.kind is not OutcomeKind.ERROR:
            return self.outcome.kind
        return _ERROR_COUNTS_AS[self.job.on_error]

    @property
    def keeps_from_valid(self) -> bool:
        """Return whether this step alone keeps the lead from being Valid."""
        return self.counts_as is OutcomeKind.ERROR or (self.counts_as is OutcomeKind.FAILED and (self.job.hardfail or self.job.points > 0))

    @property
    def possible(self) -> int:
        """Return the job's points, or 0 if it did not run or could not check."""
        return self.job.points if self.counts_as in (OutcomeKind.PASSED, OutcomeKind.FAILED) else 0

    @property
    def earned(self) -> int:
        return self.job.points if self.counts_as is OutcomeKind.PASSED else 0


_ERROR_COUNTS_AS: dict[str, OutcomeKind] = {
    Job.OnError.ERROR: OutcomeKind.ERROR,
    Job.OnError.PASS: OutcomeKind.PASSED,
    Job.OnError.FAIL: OutcomeKind.FAILED,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of scoring.

    `earned_status` is the status by score; a test lead has another `qa_status`. `reasons` and `failed` are in the
    order of the plan.
    """

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
        """Return the reasons and the failed jobs under the names of the API."""
        failed = [{"id": step.job.id, "label": step.job.label, "reason": step.outcome.reason} for step in self.failed]
        return {"qaReasons": self.reasons, "failedJobs": failed}

    @property
    def failed_jobs(self) -> list[int]:
        return [step.job.id for step in self.failed]


def judge(steps: Sequence[Step], *, threshold: int, test: bool = False) -> Judgement:
    """Judge a lead by its steps.

    `threshold` is in percent. With `test` (the campaign takes test leads only), `qa_status` is Test whatever the
    score.
    """
    score = possible = 0
    hardfail = errored = False
    failed: list[Step] = []
    for step in steps:
        counts_as = step.counts_as
        if counts_as is OutcomeKind.PASSED:
            points = step.job.points
            score += points
            possible += points
        elif counts_as is OutcomeKind.FAILED:
            possible += step.job.points
            failed.append(step)
            hardfail = hardfail or step.job.hardfail
        errored = errored or counts_as is OutcomeKind.ERROR
    status = QaStatus.INVALID if hardfail else _by_score(score, possible, threshold)
    if errored and status == QaStatus.VALID:
        status = QaStatus.CAUTION
    reasons = list(_reasons(steps)) if failed or errored else []
    return Judgement(QaStatus.TEST if test else status, status, score, possible, hardfail, errored, reasons, failed)


def _by_score(score: int, possible: int, threshold: int) -> QaStatus:
    """Return the status, computed in integers: a score of exactly the threshold is Caution, and 0 of 0 points is Valid."""
    if score == possible:
        return QaStatus.VALID
    return QaStatus.CAUTION if score * 100 >= threshold * possible else QaStatus.INVALID


def _reasons(steps: Sequence[Step]) -> Iterable[str]:
    for step in steps:
        if step.counts_as is OutcomeKind.FAILED:
            yield step.outcome.reason
        elif step.counts_as is OutcomeKind.ERROR:
            why = step.outcome.reason if step.job.category == TRANSFORM else texts.COULD_NOT_BE_CHECKED.lower()
            yield f"{step.job.label}: {why}"
