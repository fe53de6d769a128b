"""The outbound events of the demo data, and what became of their messages.

Leads set them off as they would anywhere. None calls anything while the data are made: answers are recorded as if one
receiver had known its leads until it moved, two had taken everything, and one had been away since the visitors came.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Campaign
from config.core.actor import SYSTEM
from integrations.delivery import turns
from integrations.delivery.outcome import AttemptRecord
from integrations.messages import services as message_services
from integrations.messages.recorder import MessageRecorder
from integrations.messages.sender import PARALLEL_CALLS
from integrations.models import Destination, Message, OutboundEvent
from integrations.outbound_events.message_kind import OutboundEventMessage
from integrations.outbound_events.services import add_event
from leads.statuses import EntryPoint
from processr.job_types.exchange import Exchange

POSTBACK, RETURNS, SALES, LEDGER = "Techscope postback", "Techscope returns", "Sales alert", "Ledger"
EVENTS: Mapping[str, Sequence[dict[str, Any]]] = {
    "Zero-downtime white paper": (
        {
            "label": POSTBACK, "trigger": "valid", "publisher": 0,
            "url": "https://track.techscope.example/postback?lead={leadId}&sub={publisherSubId}&id={eventId}",
        },
        {"label": RETURNS, "trigger": "invalid", "publisher": 0, "method": "POST", "url": "https://track.techscope.example/returns"},
    ),
    "Payroll demo requests": (
        {"label": SALES, "trigger": "valid", "method": "POST", "url": "https://alerts.lumen-payroll.example/leads"},
        {"label": LEDGER, "trigger": "billable", "method": "POST", "url": "https://ledger.lumen-payroll.example/entries"},
    ),
}  # fmt: skip
"""By campaign: the values of the event; a publisher is named by its place among those of the campaign."""
TAKEN = (204, "HTTP/1.1 204 No Content\n\n")
MOVED = (404, 'HTTP/1.1 404 Not Found\nContent-Type: application/json\n\n{"error": "No such tracker"}')
AWAY = (503, "HTTP/1.1 503 Service Unavailable\nContent-Type: text/plain\n\nDown for maintenance")
REFUSED_AT_THE_END = 3
"""So many messages of the postback were refused, of which one was given up."""


def add_events(world: dict[str, Any]) -> None:
    """Add the events before the leads arrive, so that these set them off."""
    for entry in world["campaigns"]:
        campaign = Campaign.objects.get(pk=entry["id"])
        for values in EVENTS.get(entry["name"], ()):
            publisher = {"publisher": entry["publishers"][values["publisher"]]} if "publisher" in values else {}
            add_event(campaign, {**values, **publisher, "enabled": True}, actor=SYSTEM)


def send_messages(_world: dict[str, Any]) -> None:
    """Record an attempt at each message of leads that came over the weeks; the receivers answer as they did."""
    for event in _events(POSTBACK, RETURNS, SALES, LEDGER):
        waiting = list(_waiting(event).order_by("pk"))
        at_the_end = waiting[-REFUSED_AT_THE_END:] if event.label == POSTBACK else []
        in_time = [message for message in waiting if event.label != SALES or not _came_by_import(message)]
        _attempt(event, [message for message in in_time if message not in at_the_end], TAKEN)
        _attempt(event, at_the_end, MOVED)
        message_services.give_up([message.pk for message in at_the_end[-1:]], actor=SYSTEM, reason="Techscope has stopped this tracker")


def rest(_world: dict[str, Any]) -> None:
    """Let the receiver of the sales alert be away now: its calls fail, the one that tries it too, and it rests with what waits for it."""
    for event in _events(SALES):
        destination = Destination.objects.select_related("event").get(event=event)
        waiting = list(_waiting(event).order_by("pk"))
        first, probe = waiting[:PARALLEL_CALLS], waiting[PARALLEL_CALLS : PARALLEL_CALLS + 1]
        _attempt(event, first, AWAY)
        turns.fails(destination)
        if probe:
            _attempt(event, probe, AWAY)
            destination.refresh_from_db()
            turns.rest(destination)
    for event in _events(RETURNS, LEDGER):
        _attempt(event, list(_waiting(event).order_by("pk")), TAKEN)


def _events(*labels: str) -> QuerySet[OutboundEvent]:
    return OutboundEvent.objects.filter(label__in=labels).select_related("campaign").order_by("pk")


def _waiting(event: OutboundEvent) -> QuerySet[Message]:
    return Message.objects.filter(destination__event=event, state=Message.State.QUEUED).select_related("lead")


def _came_by_import(message: Message) -> bool:
    return bool(message.lead and message.lead.entry_point == EntryPoint.IMPORT)


def _attempt(event: OutboundEvent, messages: Sequence[Message], answer: tuple[int, str]) -> None:
    """Record one attempt at each message, with this answer, as a worker does that has claimed them."""
    destination, token, now = Destination.objects.select_related("event").get(event=event), uuid4(), timezone.now()
    chosen = Message.objects.filter(pk__in=[message.pk for message in messages])
    chosen.update(state=Message.State.SENDING, claim=token, claimed_at=now)
    kind = OutboundEventMessage(destination)
    claimed = list(chosen.order_by("pk"))
    kind.prepare(claimed)
    records, (status, received) = [], answer
    for place, message in enumerate(claimed):
        request = kind.template.request(message.body["values"], message.body["payload"], message_id=message.message_id)
        sent = f"{request.method} {request.url}\nwebhook-id: {message.message_id}\n\n{request.body}".rstrip()
        exchange = Exchange(sent, received, status, took_ms=90 + 11 * (place % 7))
        records.append(AttemptRecord(message, kind.classify(exchange), exchange, now))
    MessageRecorder(destination).record(records, token=token)
