"""Limits of time and size for a call."""

from dataclasses import dataclass
from time import monotonic

from config.core.http.errors import Unreachable


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in seconds; `total` covers everything from the name look-up to the last byte after the last redirect.

    `size` is in unpacked bytes.
    """

    connect: float = 5.0
    read: float = 10.0
    total: float = 20.0
    size: int = 1_000_000


class Clock:
    """The time left for one call."""

    def __init__(self, limits: Limits) -> None:
        self.began = monotonic()
        self._ends = self.began + limits.total

    def left(self, at_most: float) -> float:
        """Return the seconds for the next step. Raises OutOfTime when none are left."""
        left = self._ends - monotonic()
        if left <= 0:
            raise OutOfTime
        return min(left, at_most)

    @property
    def took_ms(self) -> int:
        return round((monotonic() - self.began) * 1000)


class OutOfTime(TimeoutError):
    """The time limit of the whole call is reached."""


def too_late(name: str, *, maybe_received: bool) -> Unreachable:
    return Unreachable(f"{name} did not answer in time.", maybe_received=maybe_received)
