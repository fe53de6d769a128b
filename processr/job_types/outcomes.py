"""What a job says about one lead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Enriched:
    """What an enrichment job says: `values` are stored under names of their own, and never laid over what was captured.

    To have looked and found nothing is `Enriched(passed())`.
    """

    outcome: Outcome
    values: Mapping[str, str] = field(default_factory=dict)


def found(values: Mapping[str, str]) -> Enriched:
    return Enriched(_PASSED, values)


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
