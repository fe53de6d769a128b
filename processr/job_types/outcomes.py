"""The outcome of a job for one lead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class OutcomeKind(StrEnum):
    """The kinds of outcomes, as steps of events and tallies store them. Pages and interfaces show their `word`."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"

    @property
    def word(self) -> str:
        return _WORDS.get(self, self.value)


_WORDS = {OutcomeKind.ERROR: "could not be checked", OutcomeKind.SKIPPED: "not run"}
OUTCOME_WORDS = [kind.word for kind in OutcomeKind]
_LOOKS = {OutcomeKind.PASSED: "valid", OutcomeKind.FAILED: "invalid", OutcomeKind.ERROR: "caution", OutcomeKind.SKIPPED: "pending"}
BADGES = {kind: (_LOOKS[kind], kind.word.capitalize()) for kind in OutcomeKind}
"""Badge and label of each outcome."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a job for one lead.

    Publishers read `reason`: it is in plain words, without values of the lead or facts about others. `field` and
    `value` hold what the job looked at.
    """

    kind: OutcomeKind
    reason: str = ""
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Enriched:
    """The outcome of an enrichment job.

    `values` are stored under names of their own and never laid over the captured ones. A look-up that finds
    nothing is `Enriched(passed())`.
    """

    outcome: Outcome
    values: Mapping[str, str] = field(default_factory=dict)


def enriched(values: Mapping[str, str]) -> Enriched:
    return Enriched(_PASSED, values)


def passed() -> Outcome:
    return _PASSED


def failed(reason: str, *, field: str = "", value: str = "") -> Outcome:
    return Outcome(OutcomeKind.FAILED, reason, field, value)


def error(reason: str) -> Outcome:
    """Return the outcome for a lead that could not be checked."""
    return Outcome(OutcomeKind.ERROR, reason)


def skipped(reason: str) -> Outcome:
    """Return the outcome of a job that does not apply to the lead."""
    return Outcome(OutcomeKind.SKIPPED, reason)


_PASSED = Outcome(OutcomeKind.PASSED)
