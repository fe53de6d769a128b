"""The log of an outbound event's messages."""

from functools import cached_property
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString

from config.core.ids import LARGEST_ID
from config.core.lists import badges
from config.core.lists.filters import ListFilterSet
from config.core.lists.page import ListPage
from config.core.lists.tables import IdColumn, ListTable, NumberColumn, TextColumn, TimeColumn
from integrations.models import Message, OutboundEvent
from integrations.outbound_events.selectors import (
    SEARCH_LIMIT,
    SEES_EVENTS,
    STATES_WITHOUT_INDEX,
    events_for,
    messages_of_event,
    search_start,
)
from integrations.views.display import BADGE_KINDS, due_time
from integrations.views.selection import MESSAGES
from integrations.views.tables import FORM_ID, tick_box
from leads.columns.filter_types import WholeNumberFilter
from processr.permissions import campaign_seen_by

State = Message.State


def message_badge(message: Message) -> SafeString:
    state = State(message.state)
    return badges.badge(BADGE_KINDS[state], state.label)


def next_try(message: Message) -> SafeString | str:
    """Return when a message that waits is tried next."""
    if message.state != State.QUEUED:
        return "—"
    event = message.destination.event
    if event is None or not event.enabled:
        return "When switched on"
    return due_time(message.not_before, message.destination)


class EventMessagesTable(ListTable):
    key = "event-messages"
    sorts = {"id": "id"}
    cards = ("tick", "id", "lead", "state", "answer")
    caption = "Messages"

    tick = tables.Column(empty_values=(), accessor="pk", verbose_name="Choose", attrs={"td": {"class": "tick"}, "th": {"class": "tick"}})
    id = IdColumn(verbose_name="ID", linkify=lambda record: reverse("outbound_message", args=[record.pk]))
    lead = IdColumn(accessor="lead_id", linkify=lambda record: reverse("lead", args=[record.lead_id]))
    state = tables.Column(empty_values=())
    status = NumberColumn()
    attempts = NumberColumn()
    answer = TextColumn(verbose_name="Last answer")
    created_at = TimeColumn(verbose_name="Queued")
    answered_at = TimeColumn(verbose_name="Last tried")
    next_try = tables.Column(empty_values=(), accessor="pk", verbose_name="Next try")
    sent_at = TimeColumn(verbose_name="Sent")

    class Meta(ListTable.Meta):
        sequence = ("tick", "id", "lead", "state", "status", "attempts", "answer", "created_at", "answered_at", "next_try", "sent_at")

    def render_tick(self, record: Message) -> SafeString | str:
        return tick_box(record.pk, f"message {record.pk}") if record.state == State.NEEDS_PERSON else ""

    def render_state(self, record: Message) -> SafeString:
        return message_badge(record)

    def render_answer(self, record: Message, column: TextColumn) -> SafeString | str:
        return column.render(record.answer) if record.answer else "—"

    def render_next_try(self, record: Message) -> SafeString | str:
        return next_try(record)


class EventMessagesFilters(ListFilterSet):
    """Filters of one event's messages. The event is the `event_id` of the page's URL."""

    state = django_filters.ChoiceFilter(
        choices=[(state.value, state.label) for state in State if state is not State.IN_FILE],
        method="by_state", label="State", empty_label="Any",
    )  # fmt: skip
    lead = WholeNumberFilter(field_name="lead", label="Lead ID", min_value=1, max_value=LARGEST_ID)

    @property
    def cut_off(self) -> int:
        """The number of messages searched, if there are more than those; otherwise 0."""
        state = getattr(self.form, "cleaned_data", {}).get("state")
        return SEARCH_LIMIT if state in STATES_WITHOUT_INDEX and self._search_start else 0

    @cached_property
    def _search_start(self) -> int:
        event = events_for(self.request.user).select_related("destination").get(pk=self.request.resolver_match.kwargs["event_id"])
        return search_start(event)

    def by_state(self, messages: QuerySet, _name: str, value: str) -> QuerySet:
        in_state = messages.filter(state=value)
        return in_state.filter(pk__gt=self._search_start) if value in STATES_WITHOUT_INDEX else in_state


class EventMessagesList(ListPage):
    """The messages of one event, the newest first."""

    roles = SEES_EVENTS
    table_class, filterset_class = EventMessagesTable, EventMessagesFilters
    noun, icon = ("message", "messages"), "send"
    empty_text = "A lead that becomes what the event is about gets one, while the event is switched on."
    template_name, bar_template = "integrations/event_messages.html", "integrations/_event_messages_bar.html"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Messages of {self.event.label}"

    @cached_property
    def event(self) -> OutboundEvent:
        campaign = campaign_seen_by(self.request.user, self.kwargs["pk"])
        events = events_for(self.request.user).select_related("campaign", "destination")
        return get_object_or_404(events, campaign=campaign, pk=self.kwargs["event_id"])

    def rows(self) -> QuerySet[Message]:
        return messages_of_event(self.request.user, self.event).select_related("destination__event")

    def extra_context(self) -> dict[str, Any]:
        in_need = self.rows().filter(state=State.NEEDS_PERSON).exists()
        return {"event": self.event, "campaign": self.event.campaign, "form_id": FORM_ID, "need": MESSAGES, "some_in_need": in_need}
