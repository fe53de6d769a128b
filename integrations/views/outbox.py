"""The list of messages that need a person, and the page of one message with its attempts."""

from typing import Any

import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.lists.markup import markup
from config.core.lists.page import ListPage
from config.core.lists.tables import IdColumn, ListTable, NumberColumn, TextColumn, TimeColumn
from integrations.messages.selectors import attempts_of_message, messages_for, messages_in_need
from integrations.models import Message
from integrations.selectors import SEES_DELIVERIES
from integrations.views import display, event_messages
from integrations.views.arrived import tabs_context
from integrations.views.filters import MessagesInNeedFilters
from integrations.views.selection import MESSAGES
from integrations.views.tables import FORM_ID, tick_box


class MessagesInNeedTable(ListTable):
    """Messages by destination, the newest of each first, which is the order of their index."""

    key = "messages-in-need"
    sorts = {"event": "destination_id"}
    default_sort = "-event"
    cards = ("tick", "lead", "event", "since", "answer", "actions")
    caption = "Messages that need a person"

    tick = tables.Column(empty_values=(), accessor="pk", verbose_name="Choose", attrs={"td": {"class": "tick"}, "th": {"class": "tick"}})
    lead = IdColumn(accessor="lead_id", linkify=lambda record: reverse("lead", args=[record.lead_id]) if record.lead_id else None)
    event = TextColumn(empty_values=(), accessor="pk", verbose_name="Tracking event")
    campaign = TextColumn(empty_values=(), accessor="pk")
    answer = TextColumn(verbose_name="Why")
    since = TimeColumn(accessor="answered_at")
    attempts = NumberColumn()
    actions = tables.Column(empty_values=(), accessor="pk", verbose_name="")

    class Meta(ListTable.Meta):
        sequence = ("tick", "lead", "event", "campaign", "answer", "since", "attempts", "actions")

    def render_tick(self, record: Message) -> SafeString:
        return tick_box(record.pk, f"message {record.pk}")

    def render_event(self, record: Message, column: TextColumn) -> SafeString | str:
        event, text = record.destination.event, column.render(str(record.destination))
        if event is None or event.removed_at:
            return text
        return markup('<a href="{}">{}</a>', reverse("outbound_event_messages", args=[event.campaign_id, event.pk]), text)

    def render_campaign(self, record: Message, column: TextColumn) -> SafeString:
        owner = record.destination.owner
        return markup('<a href="{}">{}</a>', reverse("campaign", args=[owner.campaign_id]), column.render(owner.campaign.name))

    def render_answer(self, record: Message, column: TextColumn) -> SafeString | str:
        return column.render(record.answer) if record.answer else "—"

    def render_actions(self, record: Message) -> SafeString:
        return markup('<a href="{}" aria-label="View message {}">View</a>', reverse("outbound_message", args=[record.pk]), record.pk)


class MessagesInNeedList(ListPage):
    request: UserRequest
    roles = SEES_DELIVERIES
    table_class, filterset_class = MessagesInNeedTable, MessagesInNeedFilters
    title, noun, icon = "Messages that need a person", ("message", "messages"), "person-exclamation"
    template_name, empty_template = "integrations/messages_in_need.html", "integrations/_no_messages_in_need.html"
    bar_template = "integrations/_choose.html"

    def rows(self) -> QuerySet[Message]:
        return messages_in_need(self.request.user).select_related("destination__event__campaign", "destination__job__campaign")

    def extra_context(self) -> dict[str, Any]:
        return {"form_id": FORM_ID, "need": MESSAGES, **tabs_context(self.request, "messages")}


@require_GET
@role_required(SEES_DELIVERIES)
def message_detail(request: UserRequest, pk: int) -> HttpResponse:
    rows = messages_for(request.user).select_related("lead", "destination__event__campaign", "destination__job__campaign")
    message = get_object_or_404(rows, pk=pk)
    owner = message.destination.owner
    context = {
        "message": message,
        "event": message.destination.event,
        "owner": owner,
        "campaign": owner.campaign,
        "state": event_messages.message_badge(message),
        "next_try": event_messages.next_try(message),
        **display.attempts_context(request, attempts_of_message(message), message.lead),
    }
    return render(request, "integrations/message.html", context)
