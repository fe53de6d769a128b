"""Calls to a provider about the leads of a chunk, several at a time, while the main thread records the answers that arrive."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from time import monotonic, perf_counter

import structlog

from config.core.background.call_pool import CallPool
from config.core.http import NoAnswer
from config.core.ids import in_portions
from processr import texts
from processr.job_types.base import ProviderCheck
from processr.job_types.exchange import BETWEEN, Exchange
from processr.job_types.lead import JobLead

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
    """The exchange about one lead. `began` is a `perf_counter` reading, the clock of a run's step times.

    If one call asked about several leads, `exchange` holds this lead's part of the answer, and the answer of the first
    lead also brings the `whole` exchange.
    """

    lead_id: int
    exchange: Exchange
    started_at: datetime
    began: float
    whole: Exchange | None = None


@dataclass(frozen=True, slots=True)
class FinishedExchange:
    """A finished call: the exchange as it was, and what it says about each lead."""

    exchange: Exchange
    by_lead: Mapping[int, Exchange]
    is_shared: bool

    def answers(self, started_at: datetime, began: float) -> list[ProviderAnswer]:
        answers = [ProviderAnswer(pk, exchange, started_at, began) for pk, exchange in self.by_lead.items()]
        if self.is_shared:
            answers[0] = replace(answers[0], whole=self.exchange)
        return answers


class ProviderCalls:
    """The provider calls of a run, made without recording them: for trying a job."""

    def __init__(self, *, jobs: int = 1) -> None:
        self._jobs_left = jobs
        self._ends: float | None = None

    def ask(self, job_type: ProviderCheck, leads: Sequence[JobLead]) -> Mapping[int, ProviderAnswer]:
        """Return the answers by lead id. Leads whose call could not begin in time are missing."""
        answers: dict[int, ProviderAnswer] = {}
        waiting = self.still_claimed(leads)
        seconds = self._seconds_for(job_type)
        if waiting:
            for arrived in call_provider(job_type, waiting, seconds=seconds):
                self.record(job_type, arrived)
                answers |= {answer.lead_id: answer for answer in arrived}
        return answers

    def still_claimed(self, leads: Sequence[JobLead]) -> Sequence[JobLead]:
        """Return the leads that are still claimed: no call is made about the others."""
        return leads

    def record(self, job_type: ProviderCheck, answers: Sequence[ProviderAnswer]) -> None:
        """Record answers. The method is called repeatedly while calls are under way, even with an empty list."""

    def _seconds_for(self, job_type: ProviderCheck) -> float:
        """Return the seconds the job may use: an equal share of the time left, so that a slow job does not take it from later ones."""
        now = monotonic()
        self._ends = self._ends or now + RUN_SECONDS
        share = max(0.0, self._ends - now) / max(1, self._jobs_left)
        self._jobs_left -= 1
        return min(job_type.seconds, share)


def call_provider(job_type: ProviderCheck, leads: Sequence[JobLead], *, seconds: float) -> Iterator[list[ProviderAnswer]]:
    """Yield the answers that have arrived since the last yield, and an empty list every few seconds meanwhile.

    Leads whose call did not begin are missing: no call begins after `seconds`, nor after the provider has failed
    to answer too often in a row.
    """
    until = monotonic() + seconds
    calls = CallPool(
        partial(call, job_type), width=job_type.concurrency, name=job_type.key, is_silent=lambda call: not call.exchange.is_answered,
        silences=2 * job_type.concurrency, is_over=lambda: monotonic() >= until,
    )  # fmt: skip
    size = job_type.leads_per_call if job_type.asks_many() else 1
    calls.put(in_portions(leads, size))
    calls.end_when_empty()
    try:
        while calls.has_threads and (left := until + GRACE_SECONDS - monotonic()) > 0:
            finished = calls.wait_for_finished(seconds=min(left, HEARTBEAT_SECONDS))
            yield [answer for ended in finished for answer in ended.answer.answers(*ended.began)]
        never_ended = Exchange("", problem=texts.CALL_NEVER_ENDED)
        abandoned = [(_finished(job_type, asked, never_ended), began) for asked, began in calls.abandon()]
        yield [answer for ended, began in abandoned for answer in ended.answers(*began)]
    finally:
        calls.close()


def call(job_type: ProviderCheck, leads: Sequence[JobLead]) -> FinishedExchange:
    """Call the provider about leads, one at most unless the type asks about many.

    This runs in a thread of the pool. Whatever the type raises becomes an exchange with a problem.
    """
    began = perf_counter()
    try:
        exchange = job_type.ask_many(leads) if job_type.asks_many() else job_type.ask(leads[0])
        if not isinstance(exchange, Exchange):
            raise TypeError(f"{exchange!r} is no exchange")
        exchange = exchange.storable()
    except NoAnswer as error:
        exchange = Exchange.from_error(error).storable()
    except Exception:
        exchange = _exchange_after_exception(job_type, leads)
    if not exchange.took_ms:
        exchange = replace(exchange, took_ms=round((perf_counter() - began) * 1000))
    return _finished(job_type, leads, exchange)


def _finished(job_type: ProviderCheck, leads: Sequence[JobLead], exchange: Exchange) -> FinishedExchange:
    if not job_type.asks_many():
        return FinishedExchange(exchange, {leads[0].id: exchange}, is_shared=False)
    part = replace(exchange, sent=texts.ASKED_TOGETHER.format(lead=leads[0].id))
    if not exchange.is_answered:
        return FinishedExchange(exchange, dict.fromkeys([lead.id for lead in leads], part), is_shared=True)
    try:
        bodies = job_type.answers_by_lead(leads, exchange)
        if not all(isinstance(body, str) for body in bodies.values()):
            raise TypeError(f"{job_type.key} found an answer that is no text")
        head, _, _ = exchange.received.partition(BETWEEN)
        unanswered = replace(part, received="", status=None, problem=texts.LEFT_UNANSWERED)
        parts = {
            lead.id: replace(part, received=f"{head}{BETWEEN}{bodies[lead.id]}").storable() if lead.id in bodies else unanswered
            for lead in leads
        }
    except Exception:
        unreadable = replace(_exchange_after_exception(job_type, leads), sent=part.sent, took_ms=part.took_ms)
        parts = dict.fromkeys([lead.id for lead in leads], unreadable)
    return FinishedExchange(exchange, parts, is_shared=True)


def _exchange_after_exception(job_type: ProviderCheck, leads: Sequence[JobLead]) -> Exchange:
    """Log the present exception, and return the exchange that stands for it."""
    log.exception("job could not ask about leads", job=job_type.job.id, type=job_type.key, leads=[lead.id for lead in leads])
    return Exchange("", problem=texts.COULD_NOT_BE_CHECKED)
