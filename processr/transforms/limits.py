"""How much a transform may ask for, and what is said where it asks for more."""

from time import thread_time

LONGEST_RESULT = 20_000
"""Characters."""
VALUE_SECONDS = 0.05
TIMEOUTS = 3
TRANSFORM_SECONDS = 0.5
"""What one transform may spend on expressions in a chunk: a millisecond a lead, where a sound one needs some microseconds. Counted is
the processor's time: a machine that has much else to do makes no expression worse."""


class CannotApply(Exception):
    """The transform has no result for this lead, in words that follow its label."""

    @classmethod
    def too_long(cls) -> "CannotApply":
        return cls(f"could not be applied: the result has more than {LONGEST_RESULT:,} characters")

    @classmethod
    def too_slow(cls) -> "CannotApply":
        return cls("could not be applied: the expression takes too long")

    @classmethod
    def too_hard(cls) -> "CannotApply":
        return cls("could not be applied: the expression needs too much memory")

    @classmethod
    def broken(cls) -> "CannotApply":
        return cls("could not be applied: its settings are not understood")


class Patience:
    """With the expressions of one transform over one chunk: three that take too long, or half a second in all, and it is given up.

    Otherwise five hundred leads, each of them quick enough by itself, would hold up everybody else's for minutes.
    """

    def __init__(self) -> None:
        self._left = TRANSFORM_SECONDS
        self._timeouts = 0
        self._since = 0.0

    def begin(self) -> float:
        """Seconds there are for the next value."""
        if self._left <= 0 or self._timeouts >= TIMEOUTS:
            raise CannotApply.too_slow()
        self._since = thread_time()
        return min(VALUE_SECONDS, self._left)

    def end(self) -> None:
        self._left -= thread_time() - self._since

    def lost(self) -> CannotApply:
        self._timeouts += 1
        return CannotApply.too_slow()
