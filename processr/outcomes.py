"""What a job says about one lead."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """As steps of events and tallies have it. Skipped reads *not run* on screen."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reason` is read by publishers: plain words, no value of the lead, nothing of others. What was seen goes into field and value."""

    kind: Kind
    reason: str = ""
    field: str = ""
    value: str = ""


def passed() -> Outcome:
    return _PASSED


def failed(reason: str, *, field: str = "", value: str = "") -> Outcome:
    return Outcome(Kind.FAILED, reason, field, value)


def error(reason: str) -> Outcome:
    """The lead could not be checked."""
    return Outcome(Kind.ERROR, reason)


def skipped(reason: str) -> Outcome:
    """The job has nothing to say about this lead."""
    return Outcome(Kind.SKIPPED, reason)


_PASSED = Outcome(Kind.PASSED)
