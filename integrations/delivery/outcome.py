"""When a delivery that did not arrive is tried again (decision 14).

What becomes of a delivery after an attempt: pure, but for the chance in the time of the next one."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import random

from integrations.base import Attempt, Result
from integrations.models import Delivery
from processr.job_types.exchange import Exchange
from processr.models import Event

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""After the first attempt, the second, and so on; the last one goes for all that follow."""
FOR = timedelta(hours=24)
JITTER = 0.2
"""Of a wait, so much is added at most: what failed together does not come back together."""
_REACHED = tuple(accumulate(WAITS[:-1]))
"""Since the first attempt, when each further wait is reached at the soonest."""


def next_attempt(
    *, first: datetime, now: datetime, attempts: int, retry_after: float | None = None, chance: float = 0.0
) -> datetime | None:
    """None: no more, a person is asked. `attempts` counts the one that has just failed; `chance` is drawn from 0 to 1.

    Waits go by the time that has passed as well: a person's Retry begins with the short ones, though attempts are counted on. The last
    attempt is made exactly 24 hours after the first, unless the receiver wants to be left alone for longer.
    """
    end = first + FOR
    if now >= end:
        return None
    wait = WAITS[min(attempts - 1, bisect_right(_REACHED, now - first), len(WAITS) - 1)]
    due = min(now + wait * (1 + JITTER * chance), end)
    if retry_after is None:
        return due
    # A timedelta only once it is known to be one: the receiver may have said any number.
    return max(due, now + timedelta(seconds=max(0, retry_after))) if retry_after <= (end - now).total_seconds() else None


State = Delivery.State


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt. The delivery has its lead with it, as it was claimed."""

    delivery: Delivery
    attempt: Attempt
    exchange: Exchange
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """How a claim ends. Without `tried` nobody has tried, and the attempts stay as many as they were; `told` may say why."""

    delivery: Delivery
    state: str
    not_before: datetime | None = None
    tried: Tried | None = None
    told: str | None = None


OUTCOMES = {
    State.SENT: Event.Outcome.SUCCESS,
    State.QUEUED: Event.Outcome.ERROR,
    State.NEEDS_PERSON: Event.Outcome.FAILURE,
    State.WITHDRAWN: Event.Outcome.SKIP,
}


def arrived(tried: Tried) -> Ending:
    return Ending(tried.delivery, State.SENT, tried=tried)


def withdrawn(delivery: Delivery, *, tried: Tried | None = None) -> Ending:
    """While it was being sent, the lead stopped being one that is sent there."""
    return Ending(delivery, State.WITHDRAWN, tried=tried)


def given_back(delivery: Delivery, *, not_before: datetime | None = None, told: str | None = None) -> Ending:
    return Ending(delivery, State.QUEUED, not_before, told=told)


def failed(tried: Tried, *, now: datetime, safe_to_repeat: bool) -> Ending:
    """Later, or a person's (decision 14)."""
    due = _next_attempt(tried, now=now) if _may_be_repeated(tried.attempt, safe_to_repeat=safe_to_repeat) else None
    return Ending(tried.delivery, State.QUEUED if due else State.NEEDS_PERSON, due, tried)


def _may_be_repeated(attempt: Attempt, *, safe_to_repeat: bool) -> bool:
    return attempt.result is Result.LATER or (attempt.result is Result.UNCLEAR and safe_to_repeat)


def _next_attempt(tried: Tried, *, now: datetime) -> datetime | None:
    delivery = tried.delivery
    first = delivery.first_tried_at or delivery.claimed_at or now
    attempts, retry_after = delivery.attempts + 1, tried.attempt.retry_after
    return next_attempt(first=first, now=now, attempts=attempts, retry_after=retry_after, chance=random())  # noqa: S311
