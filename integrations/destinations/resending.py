"""The rows that *Resend all that failed since* sends again, one class for each kind of row of the outbox.

Rows that need a person are queued again, and those that wait for a later retry become due. All of them get one time, so that
they are sent oldest first, by their ids. What a person has given up stays ended.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from config.core.actor import Actor
from integrations import services
from integrations.destinations.selectors import DestinationOwner, outbox_of
from integrations.messages import services as message_services
from integrations.models import Delivery
from integrations.models.delivery import UNTIL_RELEASED
from processr.models import Job

State = Delivery.State


@dataclass(frozen=True)
class FailedRows(ABC):
    """The rows of a destination that were last tried at `since` or later, and not after `until`, when the run was begun."""

    owner: DestinationOwner
    since: datetime
    until: datetime

    def in_need(self) -> QuerySet[Any]:
        return self._tried().filter(state=State.NEEDS_PERSON)

    def waiting(self) -> QuerySet[Any]:
        """Return those that wait for a later retry. Once they are due they are none of these any more."""
        later = Q(not_before__gt=self.until, not_before__lt=UNTIL_RELEASED)
        return self._tried().filter(later, state=State.QUEUED, attempts__gt=0)

    @abstractmethod
    def retry(self, ids: Collection[int], *, actor: Actor) -> dict[int, str]:
        """Queue rows that need a person, and return reasons by id for those that are not."""

    def hasten(self, ids: Collection[int]) -> int:
        """Make waiting rows due, locked in id order, and return their number. They are tried for a day again."""
        rows = self.waiting().filter(pk__in=ids).order_by("pk").select_for_update(no_key=True, of=("self",))
        return self._rows().filter(pk__in=[row.pk for row in rows.only("pk")]).update(not_before=self.until, first_tried_at=None)

    def _rows(self) -> QuerySet[Any]:
        return outbox_of(self.owner)

    def _tried(self) -> QuerySet[Any]:
        """Return the rows by the time of their last attempt; one whose end is not known counts by its beginning."""
        unknown = Q(answered_at=None)
        begun = Q(first_tried_at__range=(self.since, self.until)) | Q(first_tried_at=None, created_at__range=(self.since, self.until))
        return self._rows().filter(Q(answered_at__range=(self.since, self.until)) | (unknown & begun))


class FailedDeliveries(FailedRows):
    def waiting(self) -> QuerySet[Delivery]:
        """Leave those held: they wait for their release, not for a retry."""
        return super().waiting().filter(held_for="")

    def retry(self, ids: Collection[int], *, actor: Actor) -> dict[int, str]:
        return services.requeue(ids, actor=actor, due_at=self.until).refused


class FailedMessages(FailedRows):
    def retry(self, ids: Collection[int], *, actor: Actor) -> dict[int, str]:
        return message_services.requeue(ids, actor=actor, due_at=self.until).refused


def failed_rows(owner: DestinationOwner, since: datetime, until: datetime) -> FailedRows:
    return (FailedDeliveries if isinstance(owner, Job) else FailedMessages)(owner, since, until)
