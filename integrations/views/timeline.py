"""The attempts to deliver a lead, and the messages of outbound events about it, in its timeline."""

from uuid import UUID

from config.core.actor import SYSTEM
from config.core.ids import parse_id
from config.core.lists.pagination import BadPosition
from integrations.models import Message
from integrations.outbound_events.selectors import newest_messages_of
from integrations.selectors import SEES_DELIVERIES, attempts_of_lead
from integrations.views.display import OUTCOMES
from leads.extension_points import TimelineChange, TimelineEntry, TimelineSource, timeline_sources
from leads.models import Lead
from processr.models import Event


@timeline_sources.register
class AttemptSource(TimelineSource):
    """Each attempt with what it made of the delivery and the answer in words, for whoever sees the Deliveries tab."""

    key = "attempts"
    label = "Delivery attempts"
    roles = SEES_DELIVERIES

    def page(self, lead: Lead, before: str, limit: int) -> list[TimelineEntry]:
        return [
            TimelineEntry(
                position=str(attempt.pk),
                at=attempt.at,
                by=SYSTEM.name,
                kind="Delivery attempt",
                lines=[TimelineChange(attempt.integration, "Being sent", OUTCOMES[Event.Conclusion(attempt.outcome)][1])],
                comment=attempt.reason,
            )
            for attempt in attempts_of_lead(lead.pk, before=_read_position(before) if before else None, limit=limit)
        ]


@timeline_sources.register
class MessageSource(TimelineSource):
    """Each message of an outbound event at the time it was queued, with what has become of it and the last answer in words."""

    key = "events"
    label = "Tracking events"
    roles = SEES_DELIVERIES

    def page(self, lead: Lead, before: str, limit: int) -> list[TimelineEntry]:
        return [
            TimelineEntry(
                position=str(message.pk),
                at=message.created_at,
                by=SYSTEM.name,
                kind="Tracking event",
                lines=[TimelineChange(str(message.destination), "Queued", Message.State(message.state).label)],
                comment=message.answer,
            )
            for message in newest_messages_of(lead.pk, before=_read_number(before) if before else None, limit=limit)
        ]


def _read_number(text: str) -> int:
    try:
        return parse_id(text)
    except ValueError as error:
        raise BadPosition(text) from error


def _read_position(text: str) -> UUID:
    try:
        position = UUID(text)
    except ValueError as error:
        raise BadPosition(text) from error
    if str(position) != text:
        raise BadPosition(text)
    return position
