"""A turn of one integration: parallel calls, while finished ones are recorded and more deliveries are claimed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from uuid import UUID

import structlog

from config.core.background.call_pool import CallPool
from config.core.errors import DomainError
from integrations import texts
from integrations.base import Attempt, AttemptResult, Integration, Outgoing
from integrations.delivery import claims
from integrations.delivery.attempts import NO_EXCHANGE, AttemptAnswer, make_attempt
from integrations.delivery.outcome import AttemptRecord
from integrations.delivery.payload import OutgoingBuilder
from integrations.delivery.unrecorded import EndWriter
from integrations.models import Delivery
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
MOST_UNANSWERED = 2
"""Unanswered calls in a row, for each parallel call, after which the receiver counts as unavailable."""


@dataclass(frozen=True, slots=True)
class DeliveryCall:
    """A delivery with its integration, which has been prepared for sending."""

    delivery: Delivery
    outgoing: Outgoing
    integration: Integration


def _send(call: DeliveryCall) -> AttemptAnswer:
    """Send it, with the id of the request that brought the lead on every line of the log: the task is about other leads too."""
    delivery = call.delivery
    with structlog.contextvars.bound_contextvars(request_id=delivery.lead.request_id or None, delivery=delivery.pk):
        attempt, exchange = make_attempt(call.integration, call.outgoing)
        log.info(
            "delivery tried", job=call.integration.job.id, lead=delivery.lead_id, round=delivery.round, attempt=delivery.attempts + 1,
            result=attempt.result.name.lower(), status=attempt.status, ms=exchange.took_ms,
        )  # fmt: skip
    return attempt, exchange


def _is_unavailable(answer: AttemptAnswer) -> bool:
    """Return whether the receiver did not answer or is not ready, so that the next delivery would fare no better."""
    attempt, _ = answer
    return attempt.result in (AttemptResult.LATER, AttemptResult.UNCLEAR)


class IntegrationTurn:
    """One turn of an integration, in constant memory: the number of deliveries that are claimed and not recorded is bounded."""

    def __init__(self, job: Job, *, token: UUID) -> None:
        """Prepare the turn. Raise whatever unreadable settings raise."""
        self.job, self._token, self._planned = job, token, planned(job)
        integration = self._new_integration()
        width = max(1, min(integration.concurrency, MOST_PARALLEL_CALLS))
        self._safe_to_repeat = integration.safe_to_repeat
        self._room = width * (AHEAD if self._safe_to_repeat else 1)
        self._outgoing = OutgoingBuilder()
        self._began = monotonic()
        self._is_ending = False
        self._calls: CallPool[DeliveryCall, AttemptAnswer] = CallPool(
            _send, width=width, name=integration.key, is_silent=_is_unavailable, silences=MOST_UNANSWERED * width,
            is_over=lambda: self._is_ending or self._elapsed >= BEGIN_SECONDS,
        )  # fmt: skip
        self._ends = EndWriter(job, token, self._safe_to_repeat)
        self._unrecorded: list[AttemptRecord] = []
        self._first_unrecorded_at = self._look_again_at = 0.0
        self._was_answered = False

    @property
    def is_unavailable(self) -> bool:
        """Whether the receiver is unavailable, so that trying again soon is useless."""
        return self._calls.is_silent or (not self._was_answered and self._elapsed > BEGIN_SECONDS)

    def claim(self) -> list[Delivery]:
        """Claim as many deliveries as there is room for. If fewer are claimed, the others that are due are locked by other transactions."""
        room = self._room - self._calls.under_way
        deliveries = claims.claim(self.job.pk, token=self._token, limit=room)
        if len(deliveries) < room:
            self._look_again_at = monotonic() + LOOK_AGAIN_SECONDS
        return deliveries

    def run(self, claimed: Sequence[Delivery]) -> None:
        """Send until nothing more is due or the time is over. Every claimed delivery is recorded or given back.

        After an error no more calls begin; those that have begun are waited for, as their receivers have the leads.
        """
        try:
            self._start_calls(claimed)
            while self._calls.under_way or self._unrecorded:
                self._collect_answers()
                self._claim_more()
                self._record_if_due()
        except Exception:
            self._is_ending = True
            while self._calls.under_way or self._unrecorded:
                self._collect_answers()
                self._record_if_due()
            raise
        finally:
            self._calls.close()
            self._ends.finish()

    @property
    def _elapsed(self) -> float:
        return monotonic() - self._began

    def _new_integration(self) -> Integration:
        job_type = job_types.get(self.job.type)
        if job_type is None or not issubclass(job_type, Integration):
            raise TypeError(f"{self.job.type} is no integration")
        return job_type(self._planned)

    def _start_calls(self, deliveries: Sequence[Delivery]) -> None:
        """Prepare the deliveries together, with an integration object of their own: it may keep what it prepares."""
        if not deliveries:
            return
        integration = self._new_integration()
        try:
            self._outgoing.look_up([delivery.lead for delivery in deliveries])
            calls = []
            for delivery in deliveries:
                lead = delivery.lead
                is_test = lead.current_status == CurrentStatus.TEST
                outgoing = self._outgoing.build(lead, event_id=delivery.event_id, delivery_id=delivery.pk, is_test=is_test)
                calls.append(DeliveryCall(delivery, outgoing, integration))
            integration.prepare_sending([call.outgoing for call in calls])
        except Exception as error:
            reason = error.message if isinstance(error, DomainError) else texts.NOT_READY
            self._ends.give_back(deliveries, reason=reason)
            raise
        self._calls.put(calls)

    def _collect_answers(self) -> None:
        """Collect the answers that have arrived, after giving back deliveries whose calls will not begin.

        Those are due at once if the time is over, and a minute later if the receiver is unavailable.
        """
        if not self._calls.may_begin:
            untried = [call.delivery for call in self._calls.close()]
            self._ends.give_back(untried, later=self._calls.is_silent)
        for finished in self._calls.wait_for_finished(seconds=self._seconds_to_wait()):
            self._add(finished.question.delivery, finished.answer, finished.began[0])
        if self._elapsed > BEGIN_SECONDS + GRACE_SECONDS:
            for call, began in self._calls.abandon():
                self._add(call.delivery, (Attempt(AttemptResult.UNCLEAR, texts.NEVER_ENDED), NO_EXCHANGE), began[0])

    def _seconds_to_wait(self) -> float:
        if not self._calls.under_way:
            return 0.0
        if not self._unrecorded:
            return LOOK_AGAIN_SECONDS
        return max(0.0, self._first_unrecorded_at + BATCH_SECONDS - monotonic())

    def _add(self, delivery: Delivery, answer: AttemptAnswer, started_at: datetime) -> None:
        if not self._unrecorded:
            self._first_unrecorded_at = monotonic()
        self._was_answered |= not _is_unavailable(answer)
        attempt, exchange = answer
        self._unrecorded.append(AttemptRecord(delivery, attempt, exchange, started_at))

    def _claim_more(self) -> None:
        """Claim more only when half of the room is free: a claim costs as much for one delivery as for many."""
        has_room = 2 * self._calls.under_way <= self._room
        if has_room and self._calls.may_begin and not self._ends.is_behind and monotonic() >= self._look_again_at:
            self._start_calls(self.claim())

    def _record_if_due(self) -> None:
        is_due = len(self._unrecorded) >= BATCH or monotonic() >= self._first_unrecorded_at + BATCH_SECONDS
        if is_due or not self._calls.under_way:
            records, self._unrecorded = self._unrecorded, []
            self._ends.record(records)
