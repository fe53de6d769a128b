"""The next state of a delivery after an attempt, and the time of the next attempt (decision 14).

Everything here is free of side effects; only the jitter of the next attempt is random.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import random

from integrations.base import Attempt, AttemptResult
from integrations.models import Delivery
from processr.job_types.exchange import Exchange
from processr.models import Event

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""The waits after the first, the second attempt and so on; the last one is used for all further attempts."""
FOR = timedelta(hours=24)
JITTER = 0.2
"""The largest share of a wait that is added at random, so that deliveries that failed together are not retried together."""
_REACHED = tuple(accumulate(WAITS[:-1]))
"""The time since the first attempt from which each further wait applies at the earliest."""


def next_attempt(
    *, first: datetime, now: datetime, attempts: int, retry_after: float | None = None, chance: float = 0.0
) -> datetime | None:
    """Return the time of the next attempt, or None when a person must decide.

    `attempts` includes the one that has just failed. `chance` is a random number from 0 to 1. A wait also depends on
    the time since the first attempt: a Retry by a user starts with the short waits, although attempts are still counted
    on. The last attempt is exactly 24 hours after the first, unless the receiver asks for a longer wait.
    """
    end = first + FOR
    if now >= end:
        return None
    wait = WAITS[min(attempts - 1, bisect_right(_REACHED, now - first), len(WAITS) - 1)]
    due = min(now + wait * (1 + JITTER * chance), end)
    if retry_after is None:
        return due
    # Compared before it becomes a timedelta: the receiver may have sent any number.
    return max(due, now + timedelta(seconds=max(0, retry_after))) if retry_after <= (end - now).total_seconds() else None


State = Delivery.State


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One attempt. The delivery's lead is as it was when it was claimed."""

    delivery: Delivery
    attempt: Attempt
    exchange: Exchange
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Transition:
    """The end of a claim. Without `tried` there was no attempt, and the attempts are not counted up; `told` may give the reason."""

    delivery: Delivery
    state: str
    not_before: datetime | None = None
    tried: AttemptRecord | None = None
    told: str | None = None


OUTCOMES = {
    State.SENT: Event.Outcome.SUCCESS,
    State.QUEUED: Event.Outcome.ERROR,
    State.NEEDS_PERSON: Event.Outcome.FAILURE,
    State.WITHDRAWN: Event.Outcome.SKIP,
}


def arrived(tried: AttemptRecord) -> Transition:
    return Transition(tried.delivery, State.SENT, tried=tried)


def withdrawn(delivery: Delivery, *, tried: AttemptRecord | None = None) -> Transition:
    """Return the end of a delivery whose lead stopped qualifying for the integration while it was being sent."""
    return Transition(delivery, State.WITHDRAWN, tried=tried)


def given_back(delivery: Delivery, *, not_before: datetime | None = None, told: str | None = None) -> Transition:
    return Transition(delivery, State.QUEUED, not_before, told=told)


def failed(tried: AttemptRecord, *, now: datetime, safe_to_repeat: bool) -> Transition:
    """Return the end of a failed attempt: queued for later, or in need of a person (decision 14)."""
    due = _next_attempt(tried, now=now) if _may_be_repeated(tried.attempt, safe_to_repeat=safe_to_repeat) else None
    return Transition(tried.delivery, State.QUEUED if due else State.NEEDS_PERSON, due, tried)


def _may_be_repeated(attempt: Attempt, *, safe_to_repeat: bool) -> bool:
    return attempt.result is AttemptResult.LATER or (attempt.result is AttemptResult.UNCLEAR and safe_to_repeat)


def _next_attempt(tried: AttemptRecord, *, now: datetime) -> datetime | None:
    delivery = tried.delivery
    first = delivery.first_tried_at or delivery.claimed_at or now
    attempts, retry_after = delivery.attempts + 1, tried.attempt.retry_after
    return next_attempt(first=first, now=now, attempts=attempts, retry_after=retry_after, chance=random())  # noqa: S311
