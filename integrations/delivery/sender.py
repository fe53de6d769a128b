"""A turn of one integration: parallel calls, while finished ones are recorded and more deliveries are claimed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from time import monotonic
from uuid import UUID

import structlog

from config.core.background.call_pool import CallPool
from config.core.errors import DomainError
from integrations import texts
from integrations.base import Attempt, AttemptResult, Integration
from integrations.delivery import attempts, claims, recorder
from integrations.delivery.attempts import Answer, DeliveryCall
from integrations.delivery.outcome import AttemptRecord
from integrations.delivery.payload import Outgoings
from integrations.models import Delivery
from leads.statuses import CurrentStatus
from processr.job_types.base import job_types
from processr.models import Job
from processr.plans import planned

log = structlog.get_logger(__name__)

BEGIN_SECONDS = 5.0
"""Seconds within which the calls of a turn begin, as other integrations wait."""
GRACE_SECONDS = 90.0
"""Seconds that calls are waited for after that. Each call has a limit of its own; one that exceeds it is abandoned."""
MOST_ABREAST = 32
AHEAD = 8
"""Deliveries that are claimed for each parallel call, if they are safe to repeat.

Of other integrations no more are claimed than are sent at once: if the worker dies, each of them needs a person.
"""
BATCH = 128
BATCH_SECONDS = 0.2
"""Attempts are recorded when there are this many of them, or after this many seconds."""
LOOK_AGAIN_SECONDS = 0.25
SILENCES = 2
"""Unanswered calls in a row, for each parallel call, after which the receiver counts as unavailable."""


class IntegrationTurn:
    """One turn of an integration, in constant memory: the number of deliveries that are claimed and not recorded is bounded."""

    def __init__(self, job: Job, *, token: UUID) -> None:
        """Prepare the turn. Raise whatever unreadable settings raise."""
        self.job, self._token, self._planned = job, token, planned(job)
        integration = self._integration()
        self._width = max(1, min(integration.concurrency, MOST_ABREAST))
        self._safe_to_repeat = integration.safe_to_repeat
        self._room = self._width * (AHEAD if self._safe_to_repeat else 1)
        self._outgoings = Outgoings()
        self._began = monotonic()
        self._calls: CallPool[DeliveryCall, Answer] = CallPool(
            attempts.attempt, width=self._width, name=integration.key, is_silent=attempts.is_put_off, silences=SILENCES * self._width,
            is_over=lambda: self._lasted >= BEGIN_SECONDS,
        )  # fmt: skip
        self._unrecorded: list[AttemptRecord] = []
        self._came_at = self._look_again_at = 0.0
        self._was_heard = False

    @property
    def put_us_off(self) -> bool:
        """Whether trying again soon is useless."""
        return self._calls.is_silent or (not self._was_heard and self._lasted > BEGIN_SECONDS)

    def claim(self) -> list[Delivery]:
        """Claim as many deliveries as there is room for. If fewer are claimed, the others that are due are locked by other transactions."""
        room = self._room - self._calls.under_way
        deliveries = claims.claim(self.job.pk, token=self._token, limit=room)
        if len(deliveries) < room:
            self._look_again_at = monotonic() + LOOK_AGAIN_SECONDS
        return deliveries

    def run(self, first: Sequence[Delivery]) -> None:
        """Send until nothing more is due or the time is over. Every claimed delivery is recorded or given back."""
        try:
            self._put(first)
            while self._calls.under_way or self._unrecorded:
                self._take()
                self._claim_more()
                self._record_if_due()
        finally:
            self._calls.close()

    @property
    def _lasted(self) -> float:
        return monotonic() - self._began

    def _integration(self) -> Integration:
        kind = job_types.get(self.job.type)
        if kind is None or not issubclass(kind, Integration):
            raise TypeError(f"{self.job.type} is no integration")
        return kind(self._planned)

    def _put(self, deliveries: Sequence[Delivery]) -> None:
        """Prepare the deliveries together, with an integration object of their own: it may keep what it prepares."""
        if not deliveries:
            return
        integration = self._integration()
        try:
            calls = list(self._ready(deliveries, integration))
            integration.prepare_sending([call.outgoing for call in calls])
        except Exception as error:
            told = error.message if isinstance(error, DomainError) else texts.NOT_READY
            recorder.give_back(deliveries, job=self.job, token=self._token, told=told)
            raise
        self._calls.put(calls)

    def _ready(self, deliveries: Sequence[Delivery], integration: Integration) -> Iterator[DeliveryCall]:
        self._outgoings.look_up([delivery.lead for delivery in deliveries])
        for delivery in deliveries:
            is_test = delivery.lead.current_status == CurrentStatus.TEST
            outgoing = self._outgoings.of(delivery.lead, event_id=delivery.event_id, delivery_id=delivery.pk, is_test=is_test)
            yield DeliveryCall(delivery, outgoing, integration)

    def _take(self) -> None:
        if not self._calls.may_begin:
            self._give_back_the_rest()
        for one in self._calls.ended(seconds=self._patience()):
            self._came(one.question.delivery, one.answer, one.began[0])
        if self._lasted > BEGIN_SECONDS + GRACE_SECONDS:
            for call, began in self._calls.abandon():
                self._came(call.delivery, (Attempt(AttemptResult.UNCLEAR, texts.NEVER_ENDED), attempts.NOTHING), began[0])

    def _patience(self) -> float:
        if not self._calls.under_way:
            return 0.0
        if not self._unrecorded:
            return LOOK_AGAIN_SECONDS
        return max(0.0, self._came_at + BATCH_SECONDS - monotonic())

    def _came(self, delivery: Delivery, answer: Answer, started_at: datetime) -> None:
        if not self._unrecorded:
            self._came_at = monotonic()
        attempt, exchange = answer
        self._was_heard |= not attempts.is_put_off(answer)
        self._unrecorded.append(AttemptRecord(delivery, attempt, exchange, started_at))

    def _claim_more(self) -> None:
        """Claim more only when half of the room is free: a claim costs as much for one delivery as for many."""
        has_room = 2 * self._calls.under_way <= self._room
        if has_room and self._calls.may_begin and monotonic() >= self._look_again_at:
            self._put(self.claim())

    def _record_if_due(self) -> None:
        is_due = len(self._unrecorded) >= BATCH or monotonic() >= self._came_at + BATCH_SECONDS
        if is_due or not self._calls.under_way:
            tried, self._unrecorded = self._unrecorded, []
            recorder.record(tried, job=self.job, token=self._token, safe_to_repeat=self._safe_to_repeat)

    def _give_back_the_rest(self) -> None:
        """Give back the deliveries without an attempt: due at once if the time is over, a minute later if the receiver is unavailable."""
        untried = [call.delivery for call in self._calls.close()]
        recorder.give_back(untried, job=self.job, token=self._token, later=self._calls.is_silent)
