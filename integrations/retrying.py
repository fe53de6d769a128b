"""When a delivery that did not arrive is tried again (decision 14)."""

from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import accumulate

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
