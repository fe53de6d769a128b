"""The next state of a delivery or message after an attempt, and the time of the next attempt (decision 14).

Everything here is free of side effects; only the jitter of the next attempt is random.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import random
from typing import Generic, TypeVar

from integrations.base import Attempt, AttemptResult
from integrations.models.outbox_row import OutboxRow
from processr.job_types.exchange import Exchange
from processr.models import Event

RowT = TypeVar("RowT", bound=OutboxRow)
State = OutboxRow.State
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""The waits after the first, the second attempt and so on; the last one is used for all further attempts."""
RETRY_PERIOD = timedelta(hours=24)
JITTER = 0.2
"""The largest share of a wait that is added at random, so that deliveries that failed together are not retried together."""
_WAIT_STARTS = tuple(accumulate(WAITS[:-1]))
"""The time since the first attempt from which each further wait applies at the earliest."""


def next_attempt(
    *, first: datetime, now: datetime, attempts: int, retry_after: float | None = None, chance: float = 0.0
) -> datetime | None:
    """Return the time of the next attempt, or None when a person must decide.

    `attempts` includes the one that has just failed. `chance` is a random number from 0 to 1. A wait also depends on
    the time since the first attempt: a Retry by a user starts with the short waits, although attempts are still counted
    on. The last attempt is exactly 24 hours after the first, unless the receiver asks for a longer wait.
    """
    end = first + RETRY_PERIOD
    if now >= end:
        return None
    wait = WAITS[min(attempts - 1, bisect_right(_WAIT_STARTS, now - first), len(WAITS) - 1)]
    due = min(now + wait * (1 + JITTER * chance), end)
    if retry_after is None:
        return due
    # Compared before it becomes a timedelta: the receiver may have sent any number.
    return max(due, now + timedelta(seconds=max(0, retry_after))) if retry_after <= (end - now).total_seconds() else None


@dataclass(frozen=True, slots=True)
class AttemptRecord(Generic[RowT]):
    """One attempt at a row as it was when it was claimed, with its lead."""

    row: RowT
    attempt: Attempt
    exchange: Exchange
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Transition(Generic[RowT]):
    """The end of a claim. Without `record` there was no attempt, and the attempts are not counted up; `reason` may then say why.

    `found` is the state in which the row was found. It is None if the claim is lost for good: then only the call is recorded.
    What arrived while its lead was `not_valid` is marked so.
    """

    row: RowT
    state: str
    not_before: datetime | None = None
    record: AttemptRecord[RowT] | None = None
    reason: str | None = None
    found: str | None = None
    held_for: str = ""
    not_valid: bool = False


OUTCOMES = {
    State.SENT: Event.Conclusion.SUCCESS,
    State.QUEUED: Event.Conclusion.ERROR,
    State.NEEDS_PERSON: Event.Conclusion.FAILURE,
    State.WITHDRAWN: Event.Conclusion.SKIP,
}


def after_failure(record: AttemptRecord[RowT], *, now: datetime, safe_to_repeat: bool) -> Transition[RowT]:
    """Return the end of a failed attempt: queued for later, or in need of a person (decision 14)."""
    row, attempt = record.row, record.attempt
    may_be_repeated = attempt.result is AttemptResult.LATER or (attempt.result is AttemptResult.UNCLEAR and safe_to_repeat)
    due = None
    if may_be_repeated:
        first = row.first_tried_at or row.claimed_at or now
        chance = random()  # noqa: S311
        due = next_attempt(first=first, now=now, attempts=row.attempts + 1, retry_after=attempt.retry_after, chance=chance)
    return Transition(row, State.QUEUED if due else State.NEEDS_PERSON, due, record)
