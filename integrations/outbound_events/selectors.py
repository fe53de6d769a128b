"""The selectors of outbound events and their messages: every read goes through here, restricted to what the user may see."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from integrations.messages.selectors import messages_for
from integrations.models import Message, OutboundEvent
from integrations.selectors import NEED_CAP, SEES_DELIVERIES, WAITING_CAP, Count
from leads.privacy import sees_personal_data
from processr.permissions import may_configure

SEES_EVENTS = SEES_DELIVERIES
SENT_CAP = 10_000
SEARCH_LIMIT = 50_000
"""The number of an event's newest messages that are searched for a state without an index."""
STATES_WITHOUT_INDEX = (Message.State.SENT, Message.State.SENDING, Message.State.FAILED, Message.State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class EventCounts:
    """The messages of an event by state, each counted up to a cap."""

    sent: Count = Count(0)
    waiting: Count = Count(0)
    needs_person: Count = Count(0)

    @property
    def open(self) -> Count:
        """Return how many would be withdrawn with the event."""
        return self.waiting.plus(self.needs_person)


def events_for(who: Who) -> QuerySet[OutboundEvent]:
    """Return the outbound events of campaigns that `who` manages."""
    scope = scope_of(who)
    if who.role not in SEES_EVENTS or scope.nothing:
        return OutboundEvent.objects.none()
    events = OutboundEvent.objects.filter(removed_at=None)
    return events if scope.everything else events.filter(campaign__in=Campaign.objects.filter(scope.campaigns()))


def may_change_events(who: Who, campaign: Campaign) -> bool:
    """Return whether `who` may set up events of the campaign: they send values of leads, so only roles that see these may (decision 33)."""
    return may_configure(who, campaign) and sees_personal_data(who)


def messages_of_event(who: Who, event: OutboundEvent) -> QuerySet[Message]:
    return messages_for(who).filter(destination=event.destination.pk)


def messages_of_lead(who: Who, lead_id: int) -> QuerySet[Message]:
    """Return the messages of outbound events about a lead, also of events that were deleted since, the newest first."""
    return messages_for(who).filter(lead=lead_id, destination__event__isnull=False).select_related("destination__event").order_by("-pk")


def newest_messages_of(lead_id: int, *, before: int | None, limit: int) -> list[Message]:
    """Return the newest messages about the lead, or the newest before one of them, for whoever sees its timeline."""
    messages = Message.objects.filter(lead=lead_id, destination__event__isnull=False)
    if before is not None:
        messages = messages.filter(pk__lt=before)
    return list(messages.select_related("destination__event", "destination__job").order_by("-pk")[:limit])


def counts_of(events: Collection[OutboundEvent]) -> dict[int, EventCounts]:
    """Return the numbers of messages by event id, in one query whatever the number of events and messages."""
    with connection.cursor() as cursor:
        caps = {"sent": SENT_CAP + 1, "waiting": WAITING_CAP + 1, "few": NEED_CAP + 1}
        cursor.execute(_COUNTS, {"events": [event.pk for event in events], **caps})
        rows = cursor.fetchall()
    return {
        pk: EventCounts(Count(sent, exact=searched <= SENT_CAP), Count.capped(waiting, WAITING_CAP), Count.capped(need, NEED_CAP))
        for pk, sent, searched, waiting, need in rows
    }


def search_start(event: OutboundEvent) -> int:
    """Return the id after which the newest `SEARCH_LIMIT` messages of an event lie, or 0 if there are no more than those."""
    ids = Message.objects.filter(destination=event.destination.pk).order_by("-pk").values_list("pk", flat=True)
    return ids[SEARCH_LIMIT : SEARCH_LIMIT + 1].first() or 0


# Sent are those among the newest messages, as no index has their state.
_COUNTS = """
SELECT destination.event_id, newest.sent, newest.searched,
    (SELECT count(*) FROM (
        SELECT FROM integrations_message AS m WHERE m.state = 'queued' AND m.destination_id = destination.id LIMIT %(waiting)s
    ) AS waiting),
    (SELECT count(*) FROM (
        SELECT FROM integrations_message AS m WHERE m.state = 'needs_person' AND m.destination_id = destination.id LIMIT %(few)s
    ) AS few)
FROM integrations_destination AS destination CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE m.state = 'sent') AS sent, count(*) AS searched FROM (
        SELECT state FROM integrations_message WHERE destination_id = destination.id ORDER BY id DESC LIMIT %(sent)s
    ) AS m
) AS newest
WHERE destination.event_id = ANY(%(events)s::bigint[])
"""
