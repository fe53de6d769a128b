"""The verdict of a run in words: the sentences that say why the lead has its QA status."""

from collections.abc import Iterable, Sequence

from leads.statuses import QaStatus, percentage
from processr.engine.scoring import Judgement, Step
from processr.job_types.outcomes import OutcomeKind
from processr.plans.plan import CompiledPlan

NAMES_AT_MOST = 5
_ERRORS = (
    (OutcomeKind.ERROR, "so {its} points are counted neither way, and the lead is at best Caution"),
    (OutcomeKind.PASSED, "and {counts} as passed by {its} setting"),
    (OutcomeKind.FAILED, "and {counts} as failed by {its} setting"),
)
"""The sentences about jobs that could not check the lead, by what that counts as (decision 5)."""


def sentences(judgement: Judgement, steps: Sequence[Step], plan: CompiledPlan) -> list[str]:
    """Return what decided the status and what kept jobs from checking the lead. A test lead is explained by the status it earned."""
    by_status = {QaStatus.VALID: _valid, QaStatus.CAUTION: _caution, QaStatus.INVALID: _invalid}
    earned = by_status[judgement.earned_status](judgement, plan.threshold)
    if plan.test_mode:
        earned = ["The campaign was in test mode, so the lead is a test, whatever the jobs found.", *earned]
    return [*earned, *_could_not_check(steps)]


def _valid(judgement: Judgement, threshold: int) -> list[str]:  # noqa: ARG001  (all three are called alike)
    if not judgement.max_score:
        return ["No job that scores was run, and no hard fail job failed."]
    return [f"It earned all {judgement.max_score} points of the jobs that were run."]


def _caution(judgement: Judgement, threshold: int) -> list[str]:
    if judgement.score == judgement.max_score:
        return [f"{_points(judgement)} is all there was to earn, but not every job could check it."]
    return [f"{_failed(judgement.failed)}. {_points(judgement)} reaches the threshold of {threshold} %, and is not all."]


def _invalid(judgement: Judgement, threshold: int) -> list[str]:
    """Return the reasons: hard fails, a score below the threshold, or both."""
    found: list[str] = []
    hard = [step for step in judgement.failed if step.job.hardfail]
    if hard:
        because = "a hard fail makes" if len(hard) == 1 else "hard fails make"
        found.append(f"{_failed(hard)}: {because} a lead Invalid whatever its score.")
    below = judgement.score * 100 < threshold * judgement.max_score
    if below:
        other = "" if hard else f"{_failed(judgement.failed)}. "
        found.append(f"{other}{_points(judgement)} is below the threshold of {threshold} %.")
    return found


def _could_not_check(steps: Sequence[Step]) -> Iterable[str]:
    for counts_as, consequence in _ERRORS:
        labels = [step.job.label for step in steps if step.outcome.kind is OutcomeKind.ERROR and step.counts_as is counts_as]
        if labels:
            one = len(labels) == 1
            words = {"its": "its" if one else "their", "counts": "counts" if one else "count"}
            yield f"{_named(labels)} could not check the lead, {consequence.format(**words)}."


def _points(judgement: Judgement) -> str:
    return f"{judgement.score} of {judgement.max_score} points ({percentage(judgement.score, judgement.max_score)} %)"


def _failed(steps: Sequence[Step]) -> str:
    return f"{_named([step.job.label for step in steps])} failed"


def _named(labels: Sequence[str]) -> str:
    """Return the labels as a list in words, of which a long one is cut."""
    if len(labels) > NAMES_AT_MOST:
        return f"{', '.join(labels[:NAMES_AT_MOST])} and {len(labels) - NAMES_AT_MOST} more"
    return " and ".join(filter(None, [", ".join(labels[:-1]), labels[-1]]))
