"""The time for which a web process waits for the database: one that hangs must not keep the threads for ever."""

from typing import Any

import psycopg
from psycopg import errors

SECONDS = 30.0
"""The longest silence of the database in the middle of a statement. What takes longer is the work of runs."""

_longest_wait: list[float] = []


def limit_waits() -> None:
    """Limit the waits of this process. Workers and commands wait as long as their statements take."""
    _longest_wait[:] = [SECONDS]


class ImpatientConnection(psycopg.Connection[Any]):
    """A connection that is given up when the database is silent for too long."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        if timeout is None and _longest_wait:
            timeout = _longest_wait[0]
        try:
            return super().wait(gen, interval, timeout)
        except errors._WaitTimeout as error:
            self.pgconn.finish()  # it is in the middle of a statement: nothing else can be done with it
            raise psycopg.OperationalError(f"The database did not answer within {timeout:g} seconds") from error
