"""Several schedulers: one of them sends, and when its session ends another one takes over."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from celery import signals
from django.db import connection

from config.celery import app, refuse_pooler
from config.core.background.beat import SoleScheduler
from config.core.errors import DomainError
from tests.races import connected


class Scheduler(SoleScheduler):
    """Notes what it would send. Its calls come from a thread of its own, as from a process."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self._thread = ThreadPoolExecutor(1)
        super().__init__(app)

    def apply_entry(self, entry, producer=None):
        self.sent.append(entry.task)

    @property
    def producer(self):
        return None

    def ticks(self, times: int = 30) -> list[str]:
        self.sent.clear()
        for _ in range(times):
            self._thread.submit(self.tick).result(10)
        return sorted(self.sent)

    def session(self) -> int:
        return self._thread.submit(lambda: connection.connection.info.backend_pid).result(10)

    def end(self) -> None:
        self._thread.submit(lambda: connection.close()).result(10)
        self._thread.shutdown()


@pytest.fixture
def two(transactional_db):
    both = Scheduler(), Scheduler()
    yield both
    for scheduler in both:
        scheduler.end()


@pytest.mark.sql
def test_a_second_scheduler_does_nothing_until_the_first_one_ends(two, settings):
    first, second = two
    everything = sorted(entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values())
    assert first.ticks() == everything, "all is due at once: nobody knows when it was sent last"
    second._make_all_due()
    assert first.ticks() == second.ticks() == first.ticks() == []
    with connected() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first.session()])
    assert second.ticks() == everything
    first._make_all_due()
    assert first.ticks() == [], "it has noticed that its session is over"
    second.end()
    second._thread = ThreadPoolExecutor(1)
    assert first.ticks() == everything


def test_neither_it_nor_a_worker_begins_where_no_session_is_its_own(settings):
    refuse_pooler()
    settings.DATABASE_POOLED = True
    with pytest.raises(DomainError, match=r"The scheduler needs a session of its own.*SLUICE_DATABASE_POOLED"):
        SoleScheduler(app)
    with pytest.raises(SystemExit, match=r"A worker needs a session of its own: let DATABASE_URL name the database server itself"):
        signals.celeryd_init.send(sender="worker@here")
