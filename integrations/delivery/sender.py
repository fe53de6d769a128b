"""A turn of one destination: parallel calls, while finished ones are recorded and more rows are claimed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Generic
from uuid import UUID

import structlog

from config.core.background.call_pool import CallPool
from config.core.errors import DomainError
from integrations import texts
from integrations.base import Attempt, AttemptResult, Integration, Outgoing
from integrations.delivery import claims, limits
from integrations.delivery.attempts import NO_EXCHANGE, AttemptAnswer, make_attempt
from integrations.delivery.outcome import AttemptRecord, RowT
from integrations.delivery.payload import OutgoingBuilder
from integrations.delivery.recorder import DeliveryRecorder, Recorder
from integrations.delivery.unrecorded import EndWriter
from integrations.models import Delivery, Destination
from leads.statuses import CurrentStatus
from processr.job_types.registry import job_types
from processr.models import Job
from processr.plans import planned

log = structlog.get_logger(__name__)

BEGIN_SECONDS = 5.0
"""Seconds within which the calls of a turn begin, as other integrations wait."""
GRACE_SECONDS = 90.0
"""Seconds that calls are waited for after that. Each call has a limit of its own; one that exceeds it is abandoned."""
MOST_PARALLEL_CALLS = 32
AHEAD = 8
"""Deliveries that are claimed for each parallel call, if they are safe to repeat.

Of other integrations no more are claimed than are sent at once: if the worker dies, each of them needs a person.
"""
BATCH = 128
BATCH_SECONDS = 0.2
"""Attempts are recorded when there are this many of them, or after this many seconds."""
LOOK_AGAIN_SECONDS = 0.25
STALLED_SECONDS = 0.25
"""Seconds without an answer after which other destinations are served beside a turn. One that failed before is not waited for at all."""
MOST_UNANSWERED = 2
"""Unanswered calls in a row, for each parallel call, after which the receiver counts as unavailable."""


@dataclass(frozen=True, slots=True)
class Call(Generic[RowT]):
    """A row with the function that makes the attempt, for which everything has been prepared."""

    row: RowT
    make: Callable[[], AttemptAnswer]


def _is_unavailable(answer: AttemptAnswer) -> bool:
    """Return whether the receiver did not answer or is not ready, so that the next call would fare no better."""
    attempt, _ = answer
    return attempt.result in (AttemptResult.LATER, AttemptResult.UNCLEAR)


class Turn(ABC, Generic[RowT]):
    """One turn of a destination, in constant memory: the number of rows that are claimed and not recorded is bounded.

    A destination that failed before is tried with one call. If it answers, the next turn has all calls again.
    """

    def __init__(
        self, destination: Destination, recorder: Recorder[RowT], *, token: UUID, name: str, width: int, safe_to_repeat: bool
    ) -> None:
        self.destination, self._token = destination, token
        self._is_probe = destination.failing_since is not None
        width = 1 if self._is_probe else max(1, min(width, MOST_PARALLEL_CALLS))
        self._room = 1 if self._is_probe else width * (AHEAD if safe_to_repeat else 1)
        self._began = self._last_answer_at = monotonic()
        self._is_ending = False
        self._calls: CallPool[Call[RowT], AttemptAnswer] = CallPool(
            lambda call: call.make(), width=width, name=name, is_silent=_is_unavailable,
            silences=1 if self._is_probe else MOST_UNANSWERED * width,
            is_over=lambda: self._is_ending or self._elapsed >= BEGIN_SECONDS,
        )  # fmt: skip
        self._ends = EndWriter(recorder, token)
        self._unrecorded: list[AttemptRecord[RowT]] = []
        self._first_unrecorded_at = self._look_again_at = 0.0
        self.was_tried = self.was_answered = False
        self.is_aside = self._is_probe
        """Whether others are served meanwhile, so that a step waits for nothing."""
        self.wait: limits.Allowance | None = None
        """Set where the destination's limits leave no room: nothing is due before their time."""

    @abstractmethod
    def _claim_rows(self, limit: int) -> list[RowT]: ...

    @abstractmethod
    def _prepared(self, rows: Sequence[RowT]) -> list[Call[RowT]]:
        """Prepare the rows together."""

    @property
    def is_unavailable(self) -> bool:
        """Whether the receiver is unavailable, so that trying again soon is useless."""
        return self._calls.is_silent or (not self.was_answered and self._elapsed > BEGIN_SECONDS)

    def claim(self) -> list[RowT]:
        """Claim as many rows as there is room for. If fewer are claimed, the others that are due are locked by other transactions."""
        room, under_way = self._room - self._calls.under_way, self._calls.under_way + len(self._unrecorded)
        allowed = limits.allowance(self.destination, under_way=under_way)
        if allowed.room is not None and allowed.room < room:
            room = allowed.room
            if not room:
                self.wait = None if under_way else allowed
                self._look_again_at = monotonic() + LOOK_AGAIN_SECONDS
                return []
        rows = self._claim_rows(room)
        if len(rows) < room:
            self._look_again_at = monotonic() + LOOK_AGAIN_SECONDS
        return rows

    def steps(self, claimed: Sequence[RowT]) -> Iterator[None]:
        """Send until nothing more is due or the time is over, a step at a time. Every claimed row is recorded or given back.

        After an error no more calls begin; those that have begun are waited for, as their receivers have what was sent.
        """
        try:
            try:
                self._start_calls(claimed)
                while self._calls.under_way or self._unrecorded:
                    self._collect_answers()
                    self._claim_more()
                    self._record_if_due()
                    yield
            except Exception:
                self._is_ending = True
                while self._calls.under_way or self._unrecorded:
                    self._collect_answers()
                    self._record_if_due()
                    yield
                raise
        finally:
            self._calls.close()
            self._ends.finish()

    @property
    def is_stalled(self) -> bool:
        """Whether calls are under way and none has been answered for a while."""
        patience = 0.0 if self._is_probe else STALLED_SECONDS
        return self._calls.under_way > 0 and not self._unrecorded and monotonic() - self._last_answer_at > patience

    @property
    def _elapsed(self) -> float:
        return monotonic() - self._began

    def _start_calls(self, rows: Sequence[RowT]) -> None:
        if not rows:
            return
        try:
            calls = self._prepared(rows)
        except Exception as error:
            reason = error.message if isinstance(error, DomainError) else texts.NOT_READY
            self._ends.give_back(rows, reason=reason)
            raise
        self._calls.put(calls)

    def _collect_answers(self) -> None:
        """Collect the answers that have arrived, after giving back rows whose calls will not begin.

        Those are due at once if the time is over, and a minute later if the receiver is unavailable.
        """
        if not self._calls.may_begin:
            untried = [call.row for call in self._calls.close()]
            self._ends.give_back(untried, later=self._calls.is_silent)
        for finished in self._calls.wait_for_finished(seconds=self._seconds_to_wait()):
            self._add(finished.question.row, finished.answer, finished.began[0])
        if self._elapsed > BEGIN_SECONDS + GRACE_SECONDS:
            for call, began in self._calls.abandon():
                self._add(call.row, (Attempt(AttemptResult.UNCLEAR, texts.NEVER_ENDED), NO_EXCHANGE), began[0])

    def _seconds_to_wait(self) -> float:
        if not self._calls.under_way or self.is_aside:
            return 0.0
        if not self._unrecorded:
            return LOOK_AGAIN_SECONDS
        return max(0.0, self._first_unrecorded_at + BATCH_SECONDS - monotonic())

    def _add(self, row: RowT, answer: AttemptAnswer, started_at: datetime) -> None:
        if not self._unrecorded:
            self._first_unrecorded_at = monotonic()
        self.was_tried, self._last_answer_at = True, monotonic()
        self.was_answered |= not _is_unavailable(answer)
        attempt, exchange = answer
        self._unrecorded.append(AttemptRecord(row, attempt, exchange, started_at))

    def _claim_more(self) -> None:
        """Claim more only when half of the room is free: a claim costs as much for one row as for many."""
        has_room = 2 * self._calls.under_way <= self._room and not self._is_probe
        if has_room and self._calls.may_begin and not self._ends.is_behind and monotonic() >= self._look_again_at:
            self._start_calls(self.claim())

    def _record_if_due(self) -> None:
        is_due = len(self._unrecorded) >= BATCH or monotonic() >= self._first_unrecorded_at + BATCH_SECONDS
        if is_due or not self._calls.under_way:
            records, self._unrecorded = self._unrecorded, []
            self._ends.record(records)


class IntegrationTurn(Turn[Delivery]):
    """A turn of an integration's receiver, with deliveries."""

    def __init__(self, destination: Destination, job: Job, *, token: UUID) -> None:
        """Prepare the turn. Raise whatever unreadable settings raise."""
        self.job, self._planned, self._receiver = job, planned(job), destination
        integration = self._new_integration()
        self._outgoing = OutgoingBuilder()
        super().__init__(
            destination, DeliveryRecorder(job, safe_to_repeat=integration.safe_to_repeat), token=token, name=integration.key,
            width=integration.concurrency, safe_to_repeat=integration.safe_to_repeat,
        )  # fmt: skip

    def _claim_rows(self, limit: int) -> list[Delivery]:
        return claims.claim(self.job.pk, token=self._token, limit=limit)

    def _new_integration(self) -> Integration:
        job_type = job_types.get(self.job.type)
        if job_type is None or not issubclass(job_type, Integration):
            raise TypeError(f"{self.job.type} is no integration")
        integration = job_type(self._planned)
        integration.destination = self._receiver
        return integration

    def _prepared(self, rows: Sequence[Delivery]) -> list[Call[Delivery]]:
        """Prepare the deliveries together, with an integration object of their own: it may keep what it prepares."""
        integration = self._new_integration()
        self._outgoing.look_up([delivery.lead for delivery in rows])
        calls, outgoing = [], []
        for delivery in rows:
            lead = delivery.lead
            is_test = lead.current_status == CurrentStatus.TEST
            outgoing.append(self._outgoing.build(lead, event_id=delivery.event_id, delivery_id=delivery.pk, is_test=is_test))
            calls.append(Call(delivery, partial(_send, delivery, outgoing[-1], integration)))
        integration.prepare_sending(outgoing)
        return calls


def _send(delivery: Delivery, outgoing: Outgoing, integration: Integration) -> AttemptAnswer:
    """Send it, with the id of the request that brought the lead on every line of the log: the task is about other leads too."""
    with structlog.contextvars.bound_contextvars(request_id=delivery.lead.request_id or None, delivery=delivery.pk):
        attempt, exchange = make_attempt(integration, outgoing)
        log.info(
            "delivery tried", job=integration.job.id, lead=delivery.lead_id, round=delivery.round, attempt=delivery.attempts + 1,
            result=attempt.result.name.lower(), status=attempt.status, ms=exchange.took_ms,
        )  # fmt: skip
    return attempt, exchange
