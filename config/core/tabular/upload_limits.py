"""Limits on reading uploads: a workbook of a few megabytes can hold a million rows, and the threads of a web process are everybody's."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from threading import BoundedSemaphore
from time import monotonic

from config.core.errors import DomainError

AT_A_TIME = 2
"""The uploads that a process reads at a time."""
SECONDS = 300.0
"""The time within which an upload must have been read. Whoever sent it is waiting."""
RETRY_AFTER = 60

_turns = BoundedSemaphore(AT_A_TIME)
_end_of_reading: ContextVar[float] = ContextVar("end_of_reading", default=inf)


@contextmanager
def reading_turn() -> Iterator[None]:
    """Read an upload within the limits. Raise DomainError at once if as many as can be are being read."""
    if not _turns.acquire(blocking=False):
        raise DomainError(
            "Other large files are being read at the moment. Try again in a minute.",
            field="file", status=503, headers={"Retry-After": str(RETRY_AFTER)},
        )  # fmt: skip
    token = _end_of_reading.set(monotonic() + SECONDS)
    try:
        yield
    finally:
        _end_of_reading.reset(token)
        _turns.release()


def check_time() -> None:
    """Raise DomainError if the time of the upload that is being read is over. Readers call it after each block."""
    if monotonic() > _end_of_reading.get():
        message = f"Reading the file takes longer than {SECONDS / 60:.0f} minutes. Save it as CSV, or import it in parts."
        raise DomainError(message, field="file", status=413)
