"""Retrying a write after a conflict with another writer. Only the runner of a chunk retries, around its whole transaction."""

import random
from collections.abc import Callable
from time import sleep
from typing import TypeVar

from django.db import OperationalError

COLLISIONS = frozenset({"40P01", "40001"})  # deadlock, serialisation failure
TRIES = 3
Written = TypeVar("Written")


class ConflictingWrite(Exception):
    """Raised by a write that finds that rows were changed since it read them, so that it is rolled back and begins again."""


def again_after_conflict(write: Callable[[], Written]) -> Written:
    """Call `write` up to `TRIES` times. The transaction was rolled back, so it may start again after a random pause."""
    for _ in range(TRIES - 1):
        try:
            return write()
        except (OperationalError, ConflictingWrite) as error:
            if isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) not in COLLISIONS:
                raise
            sleep(random.uniform(0.01, 0.1))
    return write()
