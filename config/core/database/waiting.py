"""The time for which the threads of a web process wait for the database: one that hangs must not keep them all, nor any for ever."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import Any

import psycopg

SECONDS = 30.0
"""The longest silence of the database in the middle of a statement. What takes longer is the work of runs."""
HANGS_AFTER = 2.0
"""A statement that takes longer hangs, as far as other threads are concerned."""


class DatabaseWaits:
    """The waits of a process. Those of workers and commands are not limited: they wait as long as their statements take."""

    def __init__(self) -> None:
        self.are_limited = False
        self._most_hanging = 0
        self._since: dict[object, float] = {}
        self._lock = Lock()

    def limit(self, *, threads: int) -> None:
        """Limit the waits. Half of the threads are kept free of statements that hang, for requests that need nothing of what hangs."""
        self.are_limited, self._most_hanging = True, max(1, threads // 2)

    @contextmanager
    def counted(self) -> Iterator[object]:
        wait = object()
        self._since[wait] = monotonic()
        try:
            yield wait
        finally:
            self._since.pop(wait, None)

    def is_too_long(self, wait: object) -> bool:
        """Return whether to give up: after SECONDS, or when it hangs and too many others do."""
        now = monotonic()
        waited = now - self._since[wait]
        if waited <= HANGS_AFTER or waited > SECONDS:
            return waited > SECONDS
        with self._lock:
            hanging = sum(now - since > HANGS_AFTER for since in list(self._since.values()))
            if hanging > self._most_hanging:
                del self._since[wait]  # the others may go on
                return True
        return False


waits = DatabaseWaits()


class ImpatientConnection(psycopg.Connection[Any]):
    """A connection that is given up when the database is silent for too long."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(self._limited(gen) if waits.are_limited else gen, interval, timeout)

    def _limited(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Pass on what psycopg's generator yields. It is sent nothing, once an interval, as long as the database says nothing."""
        with waits.counted() as wait:
            try:
                awaited = next(gen)
                while True:
                    ready = yield awaited
                    if not ready and waits.is_too_long(wait):
                        self.pgconn.finish()  # it is in the middle of a statement: nothing else can be done with it
                        raise psycopg.OperationalError("The database did not answer in time")
                    awaited = gen.send(ready)
            except StopIteration as end:
                return end.value
