"""Setting off outbound events when leads move, in the transaction that moves them.

A lead that becomes Valid, Invalid or billable sets off the events for it; one that is it already does not, so neither
does another run with the same verdict. A test counts as Invalid. Deletions and restorations set off
nothing: the receiver is not told of a deletion, so what it knows of the lead is right again once it is restored.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from integrations.base import Outgoing
from integrations.delivery.payload import OutgoingBuilder, read_value
from integrations.messages.queue import NewMessage, queue_messages
from integrations.models import OutboundEvent
from integrations.outbound_events.message_kind import OutboundEventMessage
from integrations.outbound_events.request import EVENT_ID
from leads.models import Lead
from leads.signals import Axes, Move
from leads.statuses import CurrentStatus

Trigger = OutboundEvent.Trigger
STATUSES = {
    Trigger.VALID: frozenset({CurrentStatus.VALID}),
    Trigger.INVALID: frozenset({CurrentStatus.INVALID, CurrentStatus.TEST}),
}


@dataclass(frozen=True, slots=True)
class ListeningEvent:
    """An event that is switched on, with the destination of its messages and the values that they need."""

    destination_id: int
    campaign_id: int
    publisher_id: int | None
    trigger: str
    names: tuple[str, ...]

    def is_about(self, move: Move) -> bool:
        return move.campaign_id == self.campaign_id and self.publisher_id in (None, move.publisher_id)


def queue_events(moves: Sequence[Move]) -> None:
    """Queue a message for each event that a move sets off. It takes as many statements for two thousand leads as for one."""
    becoming = {move: triggers for move in moves if (triggers := triggers_of(move))}
    events = _listening_events(becoming) if becoming else []
    pairs = [
        (move, event)
        for move, triggers in becoming.items()
        for event in events
        if event.trigger in triggers and event.is_about(move)
    ]  # fmt: skip
    if not pairs:
        return
    leads = Lead.objects.in_bulk({move.lead_id for move, _ in pairs})
    builder = OutgoingBuilder(list(leads.values()))
    queue_messages([_message(leads[move.lead_id], event, builder) for move, event in pairs])


def triggers_of(move: Move) -> set[Trigger]:
    """Return what the lead has become by the move."""
    if move.before.deleted or move.after.deleted:
        return set()
    return {trigger for trigger in Trigger if _applies(trigger, move.after) and not _applies(trigger, move.before)}


def _applies(trigger: Trigger, lead: Axes) -> bool:
    return lead.advertiser_billable if trigger is Trigger.BILLABLE else lead.current_status in STATUSES[trigger]


def _listening_events(becoming: Mapping[Move, Iterable[Trigger]]) -> list[ListeningEvent]:
    """Return the events of these campaigns for these triggers, in their order, locked against removal."""
    campaigns = sorted({move.campaign_id for move in becoming})
    triggers = sorted({trigger.value for triggers in becoming.values() for trigger in triggers})
    with connection.cursor() as cursor:
        cursor.execute(_LISTENING, {"campaigns": campaigns, "triggers": triggers})
        rows = cursor.fetchall()
    return [
        ListeningEvent(destination_id, campaign_id, publisher_id, trigger, tuple(names))
        for destination_id, campaign_id, publisher_id, trigger, names in rows
    ]


def _message(lead: Lead, event: ListeningEvent, builder: OutgoingBuilder) -> NewMessage:
    outgoing = builder.build(lead, event_id="", delivery_id=0, is_test=lead.current_status == CurrentStatus.TEST)
    body = frozen_body(lead, outgoing, event.trigger, event.names)
    return NewMessage(OutboundEventMessage.key, event.destination_id, body, lead_id=lead.pk, order_key=f"lead {lead.pk}")


def frozen_body(lead: Lead, outgoing: Outgoing, trigger: str, names: Iterable[str]) -> dict[str, Any]:
    """Return what a message keeps of the lead: the values for the placeholders, and the payload of a POST, without personal data."""
    values = {name: read_value(outgoing, name) for name in names if name != EVENT_ID}
    data = {
        "leadId": lead.pk,
        "externalId": lead.external_id,
        "campaignId": lead.campaign_id,
        "publisherId": lead.publisher_id,
        "publisherSubId": lead.publisher_sub_id,
        "linkId": lead.link_id,
        "status": CurrentStatus(lead.current_status).label,
        "createdTs": lead.created_at.isoformat(timespec="seconds"),
    }
    payload = {"type": f"lead.{trigger}", "timestamp": timezone.now().isoformat(timespec="seconds"), "data": data}
    return {"values": values, "payload": payload}


# A removal locks the event FOR UPDATE: it waits for the moves that are under way, and those that come later do not find the event.
_LISTENING = """
SELECT destination.id, event.campaign_id, event.publisher_id, event.trigger, ARRAY(SELECT jsonb_array_elements_text(event.placeholders))
FROM integrations_outboundevent AS event JOIN integrations_destination AS destination ON destination.event_id = event.id
WHERE event.campaign_id = ANY(%(campaigns)s) AND event.removed_at IS NULL AND event.enabled AND event.trigger = ANY(%(triggers)s)
ORDER BY event.id FOR KEY SHARE OF event
"""
