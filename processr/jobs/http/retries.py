"""Retries of a call until there is a meaningful answer, within the time that the job has."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event
from time import monotonic

from config.core import http
from processr.jobs.http.request import Request

AGAIN_LATER = frozenset({408, 425, 429})
FIRST_PAUSE = 0.25
SIZE = 128_000
"""The bytes of an answer that are read. A provider's answer about one lead is a few hundred bytes."""
CONNECT = 5.0
Wait = Callable[[float], object]


def pause(seconds: float) -> None:
    """Sleep. This holds up no other lead, since each has a thread of its own."""
    Event().wait(seconds)


class RetryLoop:
    """The tries of one call until one answers it. `summary` describes those before the last, for the record."""

    def __init__(self, *, seconds: float, at_most: int, wait: Wait = pause) -> None:
        self._at_most, self._wait = at_most, wait
        self._failures: list[str] = []
        self._began = monotonic()
        self._ends = min(self._began + seconds, http.end_of_calls())

    def ask(self, request: Request, *, secrets: Sequence[str]) -> http.Answer:
        """Return the last answer, whatever it is; raise `http.NoAnswer` if the last try got none."""
        while True:
            left = max(0.05, self._ends - monotonic())
            limits = http.Limits(connect=min(CONNECT, left), read=left, total=left, size=SIZE)
            try:
                answer = http.request(
                    request.method,
                    request.url,
                    headers=request.headers,
                    body=request.body,
                    limits=limits,
                    secrets=secrets,
                    within=request.within,
                )
            except http.Unreachable as error:
                if not self._wait_for_next(error.message, retry_in=None):
                    raise
                continue
            if not is_for_later(answer.status):
                return answer
            if not self._wait_for_next(f"answered {answer.status}", retry_in=retry_after(answer.headers.get("retry-after", ""))):
                return answer

    @property
    def summary(self) -> str:
        return f"\n\n(asked {len(self._failures) + 1} times; before: {', '.join(self._failures)})" if self._failures else ""

    @property
    def took_ms(self) -> int:
        return round((monotonic() - self._began) * 1000)

    def _wait_for_next(self, failure: str, *, retry_in: float | None) -> bool:
        """Wait for the next try; return False if there is none left, or no time for it."""
        seconds = FIRST_PAUSE * 2 ** len(self._failures) if retry_in is None else retry_in
        if len(self._failures) + 1 >= self._at_most or seconds >= self._ends - monotonic():
            return False
        self._failures.append(failure)
        self._wait(seconds)
        return True


def is_for_later(status: int) -> bool:
    return status in AGAIN_LATER or status >= 500


def retry_after(text: str) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or a date, or None for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
