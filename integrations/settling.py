"""What becomes of a delivery after an attempt: pure, but for the chance in the time of the next one."""

from dataclasses import dataclass
from datetime import datetime
from random import random

from integrations import retrying
from integrations.models import Delivery
from integrations.types import Attempt, Result
from processr.exchanges import Exchange
from processr.models import Event

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
    return retrying.next_attempt(first=first, now=now, attempts=attempts, retry_after=retry_after, chance=random())  # noqa: S311
