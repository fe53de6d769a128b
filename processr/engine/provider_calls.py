"""Calls to a provider about the leads of a chunk, several at a time, while the main thread records the answers that arrive."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from time import monotonic, perf_counter

import structlog

from config.core.background.call_pool import CallPool
from config.core.http import NoAnswer
from processr import texts
from processr.job_types.base import JobType
from processr.job_types.exchange import Exchange
from processr.job_types.lead import BatchLead

log = structlog.get_logger(__name__)

RUN_SECONDS = 120.0
"""The seconds within which all calls of a run must begin, however many jobs call a provider.

A worker's task may take four minutes, and other campaigns wait.
"""
GRACE_SECONDS = 30.0
"""The seconds to wait after the time is over for calls that had begun.

Each call has a time limit of its own; one without is abandoned.
"""
HEARTBEAT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """The exchange about one lead. `began` is a `perf_counter` reading, the clock of a run's step times."""

    lead_id: int
    exchange: Exchange
    started_at: datetime
    began: float


class ProviderCalls:
    """The provider calls of a run. This class keeps no record of them, which suits a job that is only tried."""

    def __init__(self, *, jobs: int = 1) -> None:
        self._jobs_left = jobs
        self._ends: float | None = None

    def ask(self, job_type: JobType, leads: Sequence[BatchLead]) -> Mapping[int, ProviderAnswer]:
        """Return the answers by lead id. Leads whose call could not begin in time are missing."""
        answers = {answer.lead_id: answer for answer in self.recorded_answers(job_type, leads)}
        waiting = self.still_claimed([lead for lead in leads if lead.id not in answers])
        seconds = self._seconds_for(job_type)
        if waiting:
            for arrived in call_provider(job_type, waiting, seconds=seconds):
                self.record(job_type, arrived)
                answers |= {answer.lead_id: answer for answer in arrived}
        return answers

    def recorded_answers(self, job_type: JobType, leads: Sequence[BatchLead]) -> Iterable[ProviderAnswer]:  # noqa: ARG002
        """Return the answers that an earlier worker recorded for the same run."""
        return ()

    def still_claimed(self, leads: Sequence[BatchLead]) -> Sequence[BatchLead]:
        """Return the leads that are still claimed: no call is made about the others."""
        return leads

    def record(self, job_type: JobType, answers: Sequence[ProviderAnswer]) -> None:
        """Record answers. The method is called repeatedly while calls are under way, even with an empty list."""

    def _seconds_for(self, job_type: JobType) -> float:
        """Return the seconds the job may use: an equal share of the time left, so that a slow job does not take it from later ones."""
        now = monotonic()
        self._ends = self._ends or now + RUN_SECONDS
        share = max(0.0, self._ends - now) / max(1, self._jobs_left)
        self._jobs_left -= 1
        return min(job_type.seconds, share)


def call_provider(job_type: JobType, leads: Sequence[BatchLead], *, seconds: float) -> Iterator[list[ProviderAnswer]]:
    """Yield the answers that have arrived since the last yield, and an empty list every few seconds meanwhile.

    Leads whose call did not begin are missing: no call begins after `seconds`, nor after the provider has failed
    to answer too often in a row.
    """
    until = monotonic() + seconds
    calls = CallPool(
        partial(_call, job_type), width=job_type.concurrency, name=job_type.key, is_silent=lambda exchange: not exchange.is_answered,
        silences=2 * job_type.concurrency, is_over=lambda: monotonic() >= until,
    )  # fmt: skip
    calls.put(leads)
    calls.no_more()
    try:
        while calls.has_threads and (left := until + GRACE_SECONDS - monotonic()) > 0:
            finished = calls.ended(seconds=min(left, HEARTBEAT_SECONDS))
            yield [ProviderAnswer(call.question.id, call.answer, *call.began) for call in finished]
        yield [ProviderAnswer(lead.id, Exchange("", problem=texts.CALL_NEVER_ENDED), *began) for lead, began in calls.abandon()]
    finally:
        calls.close()


def _call(job_type: JobType, lead: BatchLead) -> Exchange:
    """Call the provider about one lead, in a thread of the pool. Whatever the type raises becomes an exchange with a problem."""
    began = perf_counter()
    try:
        exchange = job_type.ask(lead)
        if not isinstance(exchange, Exchange):
            raise TypeError(f"{exchange!r} is no exchange")
        exchange = exchange.storable()
    except NoAnswer as error:
        exchange = Exchange.from_error(error).storable()
    except Exception:
        log.exception("job could not ask about a lead", job=job_type.job.id, type=job_type.key, lead=lead.id)
        exchange = Exchange("", problem=texts.COULD_NOT_BE_CHECKED)
    return exchange if exchange.took_ms else replace(exchange, took_ms=round((perf_counter() - began) * 1000))
