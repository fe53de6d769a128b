"""Asks a provider about the leads of a chunk, side by side, while the main thread records what has come back."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic, perf_counter
from typing import Any, NoReturn

import structlog
from django.db import connection
from django.utils import timezone

from config.panel.outbound import NoAnswer
from processr import texts
from processr.batch import BatchLead
from processr.exchanges import Exchange, as_kept, of_silence
from processr.types import JobType

log = structlog.get_logger(__name__)

RUN_SECONDS = 120.0
"""All calls of a run have begun by then, however many jobs ask: a worker's task may take four minutes, and other campaigns wait."""
GRACE_SECONDS = 30.0
"""For calls that had begun when the time was over: each has a limit of its own, and one that has not is not waited for."""
HEARTBEAT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Asked:
    """`began` by the clock that a run takes its times from."""

    lead_id: int
    exchange: Exchange
    started_at: datetime
    began: float


class Providers:
    """Asks on behalf of a run. This one keeps no record of it, as for a job that is only tried."""

    def __init__(self, *, jobs: int = 1) -> None:
        self._jobs_left = jobs
        self._ends: float | None = None

    def ask(self, job_type: JobType, leads: Sequence[BatchLead]) -> Mapping[int, Asked]:
        """By lead; without those whose turn did not come in time."""
        asked = {one.lead_id: one for one in self.recorded(job_type, leads)}
        unasked = self.still_ours([lead for lead in leads if lead.id not in asked])
        seconds = self._share(job_type)
        if unasked:
            for ended in ask(job_type, unasked, seconds=seconds):
                self.record(job_type, ended)
                asked |= {one.lead_id: one for one in ended}
        return asked

    def recorded(self, job_type: JobType, leads: Sequence[BatchLead]) -> Iterable[Asked]:  # noqa: ARG002
        """What an earlier worker on the same run was told."""
        return ()

    def still_ours(self, leads: Sequence[BatchLead]) -> Sequence[BatchLead]:
        """Nobody is asked about leads that were taken away meanwhile."""
        return leads

    def record(self, job_type: JobType, asked: Sequence[Asked]) -> None:
        """Called again and again while calls are under way, also when nothing has come back."""

    def _share(self, job_type: JobType) -> float:
        """Of what time is left, as much as each job still to come may have: one that is slow does not take it from the others."""
        now = monotonic()
        self._ends = self._ends or now + RUN_SECONDS
        share = max(0.0, self._ends - now) / max(1, self._jobs_left)
        self._jobs_left -= 1
        return min(job_type.seconds, share)


def ask(job_type: JobType, leads: Sequence[BatchLead], *, seconds: float) -> Iterator[list[Asked]]:
    """What has come back since, as soon as something has; an empty list every few seconds meanwhile. Leads whose turn did not come are
    not among it: no call begins after `seconds`, nor once the provider has been silent too often in a row.
    """
    asking = _Asking(job_type, leads, seconds)
    try:
        yield from asking.results()
    finally:
        asking.stop()


class _Asking:
    def __init__(self, job_type: JobType, leads: Sequence[BatchLead], seconds: float) -> None:
        self._job_type = job_type
        self._waiting = deque(leads)
        self._until = monotonic() + seconds
        self._begun: dict[int, tuple[datetime, float]] = {}
        self._ended: SimpleQueue[Asked | None] = SimpleQueue()
        self._silence = _Silence(limit=2 * job_type.concurrency)
        self._threads = max(1, min(job_type.concurrency, len(leads)))
        for number in range(self._threads):
            # Daemons: a call that never ends must not keep a worker from going home. What they log is the task's.
            Thread(target=copy_context().run, args=[self._work], name=f"{job_type.key} {number}", daemon=True).start()

    def stop(self) -> None:
        self._waiting.clear()

    def results(self) -> Iterator[list[Asked]]:
        while self._threads and (left := self._until + GRACE_SECONDS - monotonic()) > 0:
            ended = self._take(min(left, HEARTBEAT_SECONDS))
            for one in ended:
                del self._begun[one.lead_id]
            yield ended
        yield [Asked(lead_id, Exchange("", problem=texts.CALL_NEVER_ENDED), *began) for lead_id, began in list(self._begun.items())]

    def _take(self, seconds: float) -> list[Asked]:
        """Everything that is there by the time something is."""
        taken: list[Asked | None] = []
        try:
            taken.append(self._ended.get(timeout=seconds))
            while True:
                taken.append(self._ended.get_nowait())
        except Empty:
            self._threads -= taken.count(None)
            return [one for one in taken if one is not None]

    def _work(self) -> None:
        try:
            with _without_database():
                while monotonic() < self._until and not self._silence.is_too_long and (lead := self._next()):
                    self._ended.put(self._asked(lead))
        finally:
            self._ended.put(None)

    def _asked(self, lead: BatchLead) -> Asked:
        exchange = _exchange(self._job_type, lead)
        self._silence.count(exchange)
        return Asked(lead.id, exchange, *self._begun[lead.id])

    def _next(self) -> BatchLead | None:
        try:
            lead = self._waiting.popleft()
        except IndexError:
            return None
        self._begun[lead.id] = (timezone.now(), perf_counter())
        return lead


class _Silence:
    """A provider that is down would take its full time for each lead of each chunk, and other campaigns would wait for it."""

    def __init__(self, *, limit: int) -> None:
        self._limit, self._length, self._lock = limit, 0, Lock()

    def count(self, exchange: Exchange) -> None:
        with self._lock:
            self._length = 0 if exchange.is_answered else self._length + 1

    @property
    def is_too_long(self) -> bool:
        return self._length >= self._limit


def _exchange(job_type: JobType, lead: BatchLead) -> Exchange:
    began = perf_counter()
    try:
        exchange = _checked(job_type.ask(lead))
    except NoAnswer as error:
        exchange = as_kept(of_silence(error))
    except Exception:
        log.exception("job could not ask about a lead", job=job_type.job.id, type=job_type.key, lead=lead.id)
        exchange = Exchange("", problem=texts.COULD_NOT_BE_CHECKED)
    return exchange if exchange.took_ms else replace(exchange, took_ms=round((perf_counter() - began) * 1000))


def _checked(exchange: object) -> Exchange:
    if not isinstance(exchange, Exchange):
        raise TypeError(f"{exchange!r} is no exchange")
    return as_kept(exchange)


def _without_database() -> AbstractContextManager[None]:
    """A connection of a thread's own would stay open when the thread is gone."""
    return connection.execute_wrapper(_refuse)


def _refuse(*_: Any) -> NoReturn:
    raise RuntimeError("What asks a provider has all it needs from `prepare`: threads may not touch the database")
