"""Queues of e-mails that are rows of the database. An attempt is claimed by moving the next one into the future."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import TypeVar

Queued = TypeVar("Queued")

SECONDS_PER_TURN = 20.0
CLAIM = timedelta(minutes=10)
"""An attempt that has not ended by then, because its worker died, is made again."""


def send_while_due(claim: Callable[[], Queued | None], send: Callable[[Queued], int], *, seconds: float) -> int:
    """Send the e-mails that are due, for as long as the time allows. Return how many were sent."""
    until, sent = monotonic() + seconds, 0
    while monotonic() < until and (queued := claim()) is not None:
        sent += send(queued)
    return sent
