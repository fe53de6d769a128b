"""Celery's scheduler as the only one of an installation: however many are started, one of them sends.

It holds an advisory lock by its session, so it connects to the database itself and not through a pooler. When it is killed its session
ends, and the next one takes over.
"""

from datetime import timedelta
from typing import Any

import structlog
from celery.beat import ScheduleEntry, Scheduler
from django.db import DatabaseError, InterfaceError, connection

from config.core.background import locks
from config.core.database.sessions import require_own_session

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 5.0
LONGER_THAN_ANY_PERIOD = timedelta(days=1)


class SoleScheduler(Scheduler):
    """Sends what is due while it holds the lock. All tasks are periodic, so nothing has to be remembered from one start to the next."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._session: Any = None
        self._has_said_that_it_waits = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        require_own_session("The scheduler")
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if not self._holds_lock() and not self._takes_lock():
            return LOOK_AGAIN_SECONDS
        seconds: float = super().tick(*args, **kwargs)
        return min(seconds, LOOK_AGAIN_SECONDS)

    def close(self) -> None:
        super().close()
        connection.close()

    def _holds_lock(self) -> bool:
        """Return whether the session that took the lock is still alive."""
        if self._session is None or connection.connection is not self._session:
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except (DatabaseError, InterfaceError):
            self._forget_session()
            return False
        return True

    def _takes_lock(self) -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [locks.SCHEDULE])
                (is_first,) = cursor.fetchone()
        except (DatabaseError, InterfaceError) as error:
            log.warning("scheduler waits for the database", error=type(error).__name__)
            self._forget_session()
            return False
        if is_first:
            self._session, self._has_said_that_it_waits = connection.connection, False
            self._make_all_due()
        elif not self._has_said_that_it_waits:
            log.warning("another scheduler is at work: this one waits and sends nothing")
            self._has_said_that_it_waits = True
        return bool(is_first)

    def _forget_session(self) -> None:
        self._session = None
        connection.close()

    def _make_all_due(self) -> None:
        """Make every task due, since nobody knows when the scheduler before sent it."""
        entries: dict[str, ScheduleEntry] = self.schedule
        for entry in entries.values():
            entry.last_run_at = entry.default_now() - LONGER_THAN_ANY_PERIOD
        self._heap = None
