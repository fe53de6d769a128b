"""Asks a provider about the leads of a chunk, side by side, while the main thread records what has come back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from time import monotonic, perf_counter

import structlog

from config.core.background.call_pool import Abreast
from config.core.http import NoAnswer
from processr import texts
from processr.job_types.base import JobType
from processr.job_types.exchange import Exchange, as_kept, of_silence
from processr.job_types.lead import BatchLead

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
    until = monotonic() + seconds
    calls = Abreast(
        partial(_exchange, job_type), width=job_type.concurrency, name=job_type.key, is_silent=lambda exchange: not exchange.is_answered,
        silences=2 * job_type.concurrency, is_over=lambda: monotonic() >= until,
    )  # fmt: skip
    calls.put(leads)
    calls.no_more()
    try:
        yield from _results(calls, until + GRACE_SECONDS)
    finally:
        calls.close()


def _results(calls: Abreast[BatchLead, Exchange], end: float) -> Iterator[list[Asked]]:
    while calls.has_threads and (left := end - monotonic()) > 0:
        ended = calls.ended(seconds=min(left, HEARTBEAT_SECONDS))
        yield [Asked(one.question.id, one.answer, *one.began) for one in ended]
    yield [Asked(lead.id, Exchange("", problem=texts.CALL_NEVER_ENDED), *began) for lead, began in calls.abandon()]


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
