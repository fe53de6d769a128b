"""Limits that the caller sets on all calls made within it, in its threads too if they share its context."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from time import monotonic

_end_of_calls: ContextVar[float] = ContextVar("end_of_calls", default=inf)
_is_in_request: ContextVar[bool] = ContextVar("is_in_request", default=False)


class CallInRequest(RuntimeError):
    """A web request called out: somebody else's server would keep its thread from everybody else."""


@contextmanager
def calls_end_within(seconds: float) -> Iterator[None]:
    """End all calls after `seconds`, whatever limits of their own they have."""
    token = _end_of_calls.set(min(_end_of_calls.get(), monotonic() + seconds))
    try:
        yield
    finally:
        _end_of_calls.reset(token)


def end_of_calls() -> float:
    """Return the moment, of the monotonic clock, at which calls end."""
    return _end_of_calls.get()


@contextmanager
def no_calls() -> Iterator[None]:
    """Refuse all calls: what calls out belongs to workers."""
    token = _is_in_request.set(True)
    try:
        yield
    finally:
        _is_in_request.reset(token)


def refuse_in_request() -> None:
    if _is_in_request.get():
        raise CallInRequest("Nothing outside is called in a web request: queue a run, such as processr.services.trials")
