"""A turn of one integration: so many calls side by side, while what has come back is recorded and more is claimed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from time import monotonic
from uuid import UUID

import structlog

from config.core.background.call_pool import Abreast
from config.core.errors import DomainError
from integrations import texts
from integrations.base import Attempt, IntegrationType, Result
from integrations.delivery import attempts, claims, recorder
from integrations.delivery.attempts import Answer, Call
from integrations.delivery.outcome import Tried
from integrations.delivery.payload import Outgoings
from integrations.models import Delivery
from leads.statuses import CurrentStatus
from processr.job_types.base import job_types
from processr.models import Job
from processr.plans import planned

log = structlog.get_logger(__name__)

BEGIN_SECONDS = 5.0
"""All calls of a turn have begun by then: other integrations wait."""
GRACE_SECONDS = 90.0
"""For calls that had begun: each has a limit of its own, and one that has not is not waited for."""
MOST_ABREAST = 32
AHEAD = 8
"""For each call that may be under way, so many deliveries are claimed where it is safe to repeat them. Of others no more than are sent at
once: if the worker dies, each of them waits for a person.
"""
BATCH = 128
BATCH_SECONDS = 0.2
"""What has come back is recorded when there is so much of it, or after so long."""
LOOK_AGAIN_SECONDS = 0.25
SILENCES = 2
"""For each call that may be under way: then the receiver has put us off too often in a row."""


class Turn:
    """Constant memory, however much is due: what is claimed and not recorded is bounded."""

    def __init__(self, job: Job, *, token: UUID) -> None:
        """Raises whatever settings that cannot be read raise."""
        self.job, self._token, self._planned = job, token, planned(job)
        integration = self._integration()
        self._width = max(1, min(integration.concurrency, MOST_ABREAST))
        self._safe_to_repeat = integration.safe_to_repeat
        self._room = self._width * (AHEAD if self._safe_to_repeat else 1)
        self._outgoings = Outgoings()
        self._began = monotonic()
        self._calls: Abreast[Call, Answer] = Abreast(
            attempts.attempt, width=self._width, name=integration.key, is_silent=attempts.is_put_off, silences=SILENCES * self._width,
            is_over=lambda: self._lasted >= BEGIN_SECONDS,
        )  # fmt: skip
        self._unrecorded: list[Tried] = []
        self._came_at = self._look_again_at = 0.0
        self._was_heard = False

    @property
    def put_us_off(self) -> bool:
        """There is no use in trying again soon."""
        return self._calls.is_silent or (not self._was_heard and self._lasted > BEGIN_SECONDS)

    def claim(self) -> list[Delivery]:
        """As many as there is room for; where more is due than there are, they are locked by others."""
        room = self._room - self._calls.under_way
        deliveries = claims.claim(self.job.pk, token=self._token, limit=room)
        if len(deliveries) < room:
            self._look_again_at = monotonic() + LOOK_AGAIN_SECONDS
        return deliveries

    def run(self, first: Sequence[Delivery]) -> None:
        """Until nothing more is due or the time is over; everything that was claimed is recorded, or given back."""
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

    def _integration(self) -> IntegrationType:
        kind = job_types.get(self.job.type)
        if kind is None or not issubclass(kind, IntegrationType):
            raise TypeError(f"{self.job.type} is no integration")
        return kind(self._planned)

    def _put(self, deliveries: Sequence[Delivery]) -> None:
        """Made ready together, by a type of their own: it may keep what it has prepared."""
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

    def _ready(self, deliveries: Sequence[Delivery], integration: IntegrationType) -> Iterator[Call]:
        self._outgoings.look_up([delivery.lead for delivery in deliveries])
        for delivery in deliveries:
            is_test = delivery.lead.current_status == CurrentStatus.TEST
            outgoing = self._outgoings.of(delivery.lead, event_id=delivery.event_id, delivery_id=delivery.pk, is_test=is_test)
            yield Call(delivery, outgoing, integration)

    def _take(self) -> None:
        if not self._calls.may_begin:
            self._give_back_the_rest()
        for one in self._calls.ended(seconds=self._patience()):
            self._came(one.question.delivery, one.answer, one.began[0])
        if self._lasted > BEGIN_SECONDS + GRACE_SECONDS:
            for call, began in self._calls.abandon():
                self._came(call.delivery, (Attempt(Result.UNCLEAR, texts.NEVER_ENDED), attempts.NOTHING), began[0])

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
        self._unrecorded.append(Tried(delivery, attempt, exchange, started_at))

    def _claim_more(self) -> None:
        """Not for every single answer: a claim costs as much for one as for many."""
        has_room = 2 * self._calls.under_way <= self._room
        if has_room and self._calls.may_begin and monotonic() >= self._look_again_at:
            self._put(self.claim())

    def _record_if_due(self) -> None:
        is_due = len(self._unrecorded) >= BATCH or monotonic() >= self._came_at + BATCH_SECONDS
        if is_due or not self._calls.under_way:
            tried, self._unrecorded = self._unrecorded, []
            recorder.record(tried, job=self.job, token=self._token, safe_to_repeat=self._safe_to_repeat)

    def _give_back_the_rest(self) -> None:
        """At once where only the time is over; a minute later where there was no use in trying."""
        untried = [call.delivery for call in self._calls.close()]
        recorder.give_back(untried, job=self.job, token=self._token, later=self._calls.is_silent)
