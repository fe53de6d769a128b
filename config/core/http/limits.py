"""How long a call may take and how much of an answer is read."""

from dataclasses import dataclass
from time import monotonic

from config.core.http.errors import Unreachable


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds; `total` is for everything from looking the name up to the last byte of the last redirect. `size` is in bytes, unpacked."""

    connect: float = 5.0
    read: float = 10.0
    total: float = 20.0
    size: int = 1_000_000


class Clock:
    """The time one call has left."""

    def __init__(self, limits: Limits) -> None:
        self.began = monotonic()
        self._ends = self.began + limits.total

    def left(self, at_most: float) -> float:
        """Seconds for the next step; raises when there are none."""
        left = self._ends - monotonic()
        if left <= 0:
            raise OutOfTime
        return min(left, at_most)

    @property
    def took_ms(self) -> int:
        return round((monotonic() - self.began) * 1000)


class OutOfTime(TimeoutError):
    """The time of the whole call is over."""


def too_late(name: str, *, maybe_received: bool) -> Unreachable:
    return Unreachable(f"{name} did not answer in time.", maybe_received=maybe_received)
