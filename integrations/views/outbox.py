"""Messages that need a person, which can be sent again or given up, and the page of one message with its attempts."""

from functools import cached_property
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages as flash
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.ids import LARGEST_ID, ids_in
from config.core.lists.filters import ListFilterSet
from config.core.lists.markup import markup
from config.core.lists.page import ListPage
from config.core.lists.tables import IdColumn, ListTable, NumberColumn, TextColumn, TimeColumn
from integrations.messages import services
from integrations.messages.selectors import attempts_of_message, messages_for, messages_in_need
from integrations.models import Message, OutboundEvent
from integrations.outbound_events.selectors import events_for
from integrations.selectors import SEES_DELIVERIES
from integrations.services import AT_MOST
from integrations.views import display, event_messages
from integrations.views.arrived import tabs_context
from integrations.views.filters import ANY, MOST_OPTIONS
from integrations.views.forms import GiveUpForm
from integrations.views.selection import show_result
from integrations.views.tables import FORM_ID, tick_box
from leads.columns.filter_types import WholeNumberFilter

NONE_CHOSEN = "Nothing was done: choose at least one message first."


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


def _events(request: UserRequest) -> QuerySet[OutboundEvent]:
    return events_for(request.user)


class MessagesInNeedFilters(ListFilterSet):
    event = django_filters.ModelChoiceFilter(field_name="destination__event", queryset=_events, label="Tracking event", empty_label=ANY)
    lead = WholeNumberFilter(field_name="lead", label="Lead ID", min_value=1, max_value=LARGEST_ID)

    @property
    def form(self) -> forms.Form:
        """The drop-down offers the events with messages in need of a person; other values are accepted all the same."""
        is_new = not hasattr(self, "_form")
        form: forms.Form = super().form
        if is_new:
            in_need = Message.objects.filter(destination__event=OuterRef("pk"), state=Message.State.NEEDS_PERSON)
            events = events_for(self.request.user).filter(Exists(in_need)).order_by("-pk").values_list("pk", "label")
            form.fields["event"].widget.choices = [("", ANY), *events[:MOST_OPTIONS]]
        return form


class MessagesInNeedList(ListPage):
    request: UserRequest
    roles = SEES_DELIVERIES
    table_class, filterset_class = MessagesInNeedTable, MessagesInNeedFilters
    title, noun, icon = "Messages that need a person", ("message", "messages"), "person-exclamation"
    template_name, empty_template = "integrations/messages_in_need.html", "integrations/_no_messages_in_need.html"
    bar_template = "integrations/_choose_messages.html"

    def rows(self) -> QuerySet[Message]:
        return messages_in_need(self.request.user).select_related("destination__event__campaign", "destination__job__campaign")

    def extra_context(self) -> dict[str, Any]:
        return {"form_id": FORM_ID, **tabs_context(self.request, "messages")}


class MessageSelection:
    """The ticked messages, as far as the user sees them, and where the list is that they were ticked in."""

    def __init__(self, request: UserRequest) -> None:
        self.ids = sorted(ids_in(request.POST.getlist("id")))[:AT_MOST]
        self._user = request.user
        self.from_event = next(iter(ids_in([request.POST.get("event", "")])), None)

    @cached_property
    def chosen_ids(self) -> list[int]:
        return list(messages_for(self._user).filter(pk__in=self.ids).order_by("pk").values_list("pk", flat=True))

    @property
    def count(self) -> int:
        """The number of the chosen ones that still need a person."""
        return messages_in_need(self._user).filter(pk__in=self.ids).count()

    @cached_property
    def list_url(self) -> str:
        """The log of the event, if they were ticked there and it is there for the user; otherwise the list of all."""
        event = events_for(self._user).filter(pk=self.from_event).first() if self.from_event else None
        return reverse("outbound_event_messages", args=[event.campaign_id, event.pk]) if event else reverse("messages_in_need")

    @property
    def unseen(self) -> int:
        """The number of the ticked ones that the user cannot see, or no longer."""
        return len(self.ids) - len(self.chosen_ids)


@require_POST
@role_required(SEES_DELIVERIES)
def messages_retry(request: UserRequest) -> HttpResponse:
    selection = MessageSelection(request)
    if selection.ids:
        result = services.retry(selection.chosen_ids, actor=actor_of(request))
        show_result(request, result, "will be sent again", unseen=selection.unseen)
    else:
        flash.error(request, NONE_CHOSEN)
    return redirect(selection.list_url)


@require_POST
@role_required(SEES_DELIVERIES)
def messages_give_up(request: UserRequest) -> HttpResponse:
    """Give messages up, after a page that asks for the reason. The lists send the ticked ones without one."""
    selection = MessageSelection(request)
    if not selection.ids:
        flash.error(request, NONE_CHOSEN)
        return redirect(selection.list_url)
    is_sent = "reason" in request.POST
    form = GiveUpForm(request.POST if is_sent else None)
    if not is_sent or not form.is_valid():
        return render(request, "integrations/give_up_messages.html", {"chosen": selection, "form": form}, status=422 if is_sent else 200)
    result = services.give_up(selection.chosen_ids, actor=actor_of(request), reason=form.cleaned_data["reason"])
    show_result(request, result, "given up", unseen=selection.unseen)
    return redirect(selection.list_url)


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
