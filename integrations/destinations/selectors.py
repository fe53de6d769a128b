"""Reading a destination: its row, what was sent in the periods of its caps, and what waits."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from config.core import enterprise
from config.core.lists.pagination import count_capped
from integrations.delivery import limits
from integrations.models import Delivery, Destination, Message, OutboundEvent
from integrations.selectors import NEED_CAP, WAITING_CAP, Count
from processr.models import Job

DestinationOwner = Job | OutboundEvent
"""The thing that a destination is of."""
State = Delivery.State


class Period(NamedTuple):
    """A period of a cap, with its first day."""

    key: str
    since: date

    @property
    def cap_field(self) -> str:
        return f"cap_{self.key}"


@dataclass(frozen=True, slots=True)
class CapUse:
    """The number sent in a period, and the cap on it."""

    period: Period
    sent: int
    cap: int | None

    @property
    def percent(self) -> int:
        return self.sent * 100 // self.cap if self.cap else 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """The numbers that wait to be sent to a destination: in all, for a later retry, and for a person."""

    queued: Count
    later: Count
    needs_person: Count


def destination_of(owner: DestinationOwner) -> Destination:
    """Return the row, or one that is not stored for an owner without: it has no rules."""
    return _rows(owner).first() or new_destination(owner)


def new_destination(owner: DestinationOwner) -> Destination:
    return Destination(job=owner) if isinstance(owner, Job) else Destination(event=owner)


def locked_destination(owner: DestinationOwner) -> Destination:
    """Return the row, created where there was none, and locked until the transaction ends."""
    new = new_destination(owner)
    Destination.objects.bulk_create([new], ignore_conflicts=True)
    return _rows(owner).select_for_update(no_key=True, of=("self",)).get()


def periods(today: date) -> list[Period]:
    """Return the day, the week and the month of a day in the enterprise's zone, as the caps count them."""
    spans = limits.periods(today)
    return [Period(key, spans[f"cap_{key}"][0]) for key in ("day", "week", "month")]


def local_now() -> datetime:
    """Return the time in the enterprise's zone."""
    return timezone.now().astimezone(enterprise.zone())


def cap_uses(destination: Destination, today: date) -> list[CapUse]:
    """Return what was sent in each period, in one query over the days of two of them."""
    current = periods(today)
    sent = limits.sent_in(destination, today) if destination.pk else dict.fromkeys((period.cap_field for period in current), 0)
    return [CapUse(period, sent[period.cap_field], getattr(destination, period.cap_field)) for period in current]


def waiting_for(owner: DestinationOwner) -> Waiting:
    """Return what waits, counted up to bounds."""
    rows = outbox_of(owner)
    queued = rows.filter(state=State.QUEUED)
    return Waiting(
        queued=_count(queued, WAITING_CAP),
        later=_count(queued.filter(not_before__gt=timezone.now(), attempts__gt=0), WAITING_CAP),
        needs_person=_count(rows.filter(state=State.NEEDS_PERSON), NEED_CAP),
    )


def outbox_of(owner: DestinationOwner) -> QuerySet[Delivery] | QuerySet[Message]:
    if isinstance(owner, Job):
        return Delivery.objects.filter(job=owner)
    return Message.objects.filter(destination__event=owner)


def _rows(owner: DestinationOwner) -> QuerySet[Destination]:
    return Destination.objects.filter(job=owner) if isinstance(owner, Job) else Destination.objects.filter(event=owner)


def _count(rows: QuerySet, cap: int) -> Count:
    return Count(*count_capped(rows, cap))
