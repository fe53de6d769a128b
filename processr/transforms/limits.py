"""The limits of a transform, and the messages where it exceeds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time

LONGEST_RESULT = 20_000
"""The longest result, in characters."""
VALUE_SECONDS = 0.05
TIMEOUTS = 3
TRANSFORM_SECONDS = 0.5
"""The time that one transform may spend on expressions in a chunk.

It is a millisecond per lead, where a sound expression needs some microseconds. CPU time is counted, so that a
busy machine makes no expression worse.
"""


TEXT_SECONDS = 2.0
"""The time that one transform may spend on the case of letters in a chunk: that of a megabyte, or two thousand characters a lead."""


CHUNK_SECONDS = 5.0
"""The time that all transforms of a chunk, or of a preview, may spend on both: ten milliseconds a lead."""


class CannotApply(Exception):
    """The transform has no result for this lead. The message follows the transform's label."""

    @classmethod
    def too_long(cls) -> "CannotApply":
        return cls(f"could not be applied: the result has more than {LONGEST_RESULT:,} characters")

    @classmethod
    def too_slow(cls) -> "CannotApply":
        return cls("could not be applied: the expression takes too long")

    @classmethod
    def too_much(cls) -> "CannotApply":
        return cls("could not be applied: its steps take too long, as the values are long")

    @classmethod
    def too_hard(cls) -> "CannotApply":
        return cls("could not be applied: the expression needs too much memory")

    @classmethod
    def broken(cls) -> "CannotApply":
        return cls("could not be applied: its settings are not understood")


class ChunkBudget:
    """The time budget of all transforms over one chunk: fifty of them, each within its own, would still take minutes."""

    def __init__(self) -> None:
        self.left = CHUNK_SECONDS

    def spend_since(self, since: float) -> float:
        """Take the time of this thread since then off the budget, and return it."""
        spent = thread_time() - since
        self.left -= spent
        return spent


class TimeBudget:
    """The time budget of one transform over one chunk: for its expressions, and for changes of case.

    After three timeouts, or half a second of expressions in all, the transform is given up, and so it is after two
    seconds of changing case. Otherwise five hundred leads, each of them quick enough by itself, could hold up all others
    for minutes.
    """

    def __init__(self, chunk: ChunkBudget | None = None) -> None:
        self._chunk = chunk or ChunkBudget()
        self._left = TRANSFORM_SECONDS
        self._text_left = TEXT_SECONDS
        self._timeouts = 0
        self._since = 0.0

    def start(self) -> float:
        """Return the seconds that the next value may take; raise CannotApply if the budget is used up."""
        if min(self._left, self._chunk.left) <= 0 or self._timeouts >= TIMEOUTS:
            raise CannotApply.too_slow()
        self._since = thread_time()
        return min(VALUE_SECONDS, self._left)

    def stop(self) -> None:
        self._left -= self._chunk.spend_since(self._since)

    @contextmanager
    def changing_case(self) -> Iterator[None]:
        """Count the time of one change, which cannot be broken off; raise CannotApply if the budget is used up."""
        if min(self._text_left, self._chunk.left) <= 0:
            raise CannotApply.too_much()
        since = thread_time()
        try:
            yield
        finally:
            self._text_left -= self._chunk.spend_since(since)

    def timed_out(self) -> CannotApply:
        """Count a timeout and return the exception to raise."""
        self._timeouts += 1
        return CannotApply.too_slow()
