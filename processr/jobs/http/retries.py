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


class Tries:
    """The tries of one call. `told` describes those before the last, for the record."""

    def __init__(self, *, seconds: float, at_most: int, wait: Wait = pause) -> None:
        self._seconds, self._at_most, self._wait = seconds, at_most, wait
        self._before: list[str] = []
        self._began = monotonic()

    def ask(self, request: Request, *, secrets: Sequence[str]) -> http.Answer:
        """Return the last answer, whatever it is; raise `http.NoAnswer` if the last try got none."""
        while True:
            try:
                answer = self._once(request, secrets)
            except http.Unreachable as silence:
                if not self._again(None, silence.message):
                    raise
            else:
                if not is_for_later(answer.status) or not self._again(answer, f"answered {answer.status}"):
                    return answer

    @property
    def told(self) -> str:
        return f"\n\n(asked {len(self._before) + 1} times; before: {', '.join(self._before)})" if self._before else ""

    @property
    def took_ms(self) -> int:
        return round((monotonic() - self._began) * 1000)

    @property
    def _left(self) -> float:
        return self._began + self._seconds - monotonic()

    def _once(self, request: Request, secrets: Sequence[str]) -> http.Answer:
        left = max(0.05, self._left)
        limits = http.Limits(connect=min(CONNECT, left), read=left, total=left, size=SIZE)
        return http.request(request.method, request.url, headers=request.headers, body=request.body, limits=limits, secrets=secrets)

    def _again(self, answer: http.Answer | None, what: str) -> bool:
        """Wait for the next try; return False if there is none left, or no time for it."""
        seconds = _pause(len(self._before), answer)
        if len(self._before) + 1 >= self._at_most or seconds >= self._left:
            return False
        self._before.append(what)
        self._wait(seconds)
        return True


def is_for_later(status: int) -> bool:
    return status in AGAIN_LATER or status >= 500


def _pause(number: int, answer: http.Answer | None) -> float:
    asked = retry_after(answer.headers.get("retry-after", "")) if answer else None
    return FIRST_PAUSE * 2**number if asked is None else asked


def retry_after(text: str) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or a date, or None for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
