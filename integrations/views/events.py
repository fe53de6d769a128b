"""The outbound events of a campaign: their list, the form of one, switching and deleting."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.models import Campaign
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from integrations.delivery.payload import NAMES
from integrations.models import OutboundEvent
from integrations.outbound_events import services
from integrations.outbound_events.headers import headers_shown, stored_headers
from integrations.outbound_events.selectors import SEES_EVENTS, EventCounts, counts_of, events_for, may_change_events
from integrations.outbound_events.services import EventChangedMeanwhile
from integrations.outbound_events.settings import EventSettings
from leads.privacy import sees_personal_data
from processr.job_types.rows_field import with_row, without_row
from processr.permissions import campaign_seen_by
from processr.selectors import field_names
from processr.views.forms import parse_version

SAVE, PUT_IN, TAKE_OUT = "save", "put-in", "take-out"
SEEN = "seen"
TEMPLATE = "This is a template. Agencies work on the campaigns made from it; here they read."


@dataclass(frozen=True)
class EventLine:
    """An event in the list."""

    event: OutboundEvent
    counts: EventCounts

    @property
    def host(self) -> str:
        """The host alone: for some addresses, whoever knows the rest can call them."""
        return urlsplit(self.event.url).netloc


@dataclass(frozen=True)
class EditedEvent:
    """The event that a page shows, or a new one."""

    campaign: Campaign
    event: OutboundEvent | None = None

    @property
    def stored(self) -> dict[str, Any]:
        """The initial values of the form."""
        if self.event is None:
            return {}
        values = {name.removesuffix("_id"): getattr(self.event, name) for name in services.COLUMNS}
        return {**values, "headers": headers_shown(stored_headers(self.event))}

    @property
    def version(self) -> str:
        return self.event.updated_at.isoformat() if self.event else ""

    def form(self, data: QueryDict | None = None) -> EventSettings:
        return EventSettings(data, campaign=self.campaign, event=self.event, initial=self.stored)

    def unvalidated(self, data: QueryDict) -> EventSettings:
        """Return the form with everything as it was typed."""
        fields = EventSettings.base_fields.items()
        typed = {name: field.widget.value_from_datadict(data, MultiValueDict(), name) for name, field in fields}
        return EventSettings(campaign=self.campaign, event=self.event, initial=typed)


@require_GET
@role_required(SEES_EVENTS)
def events_list(request: UserRequest, pk: int) -> HttpResponse:
    campaign = campaign_seen_by(request.user, pk)
    events = list(events_for(request.user).filter(campaign=campaign).select_related("publisher", "destination"))
    counts = counts_of(events) if events else {}
    lines = [EventLine(event, counts.get(event.pk, EventCounts())) for event in events]
    context = {"campaign": campaign, "lines": lines, **_rights(request, campaign)}
    return render(request, "integrations/events.html", context)


@require_http_methods(["GET", "POST"])
@role_required(SEES_EVENTS)
def event_create(request: UserRequest, pk: int) -> HttpResponse:
    campaign = _campaign_to_change(request, pk)
    return _run_action(request, EditedEvent(campaign))


@require_http_methods(["GET", "POST"])
@role_required(SEES_EVENTS)
def event_update(request: UserRequest, pk: int, event_id: int) -> HttpResponse:
    campaign = campaign_seen_by(request.user, pk)
    event = _event_of(request, campaign, event_id)
    _campaign_to_change(request, pk)
    return _run_action(request, EditedEvent(campaign, event))


@require_POST
@role_required(SEES_EVENTS)
def event_switch(request: UserRequest, pk: int, event_id: int) -> HttpResponse:
    campaign = campaign_seen_by(request.user, pk)
    event = _event_of(request, campaign, event_id)
    _campaign_to_change(request, pk)
    enabled = request.POST.get("enabled") == "1"
    try:
        services.switch_event(event.pk, enabled, actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        effect = "switched on: leads set it off from now on" if enabled else "switched off: no lead sets it off, and what waits is kept"
        messages.success(request, f"{event.label} is {effect}.")
    return redirect("outbound_events", pk=campaign.pk)


@require_http_methods(["GET", "POST"])
@role_required(SEES_EVENTS)
def event_delete(request: UserRequest, pk: int, event_id: int) -> HttpResponse:
    campaign = campaign_seen_by(request.user, pk)
    event = _event_of(request, campaign, event_id)
    _campaign_to_change(request, pk)
    if request.method == "GET":
        context = {"campaign": campaign, "line": EventLine(event, counts_of([event])[event.pk])}
        return render(request, "integrations/event_delete.html", context)
    try:
        withdrawn = services.remove_event(event.pk, actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        rest = f" {withdrawn:,} message{' was' if withdrawn == 1 else 's were'} withdrawn." if withdrawn else ""
        messages.success(request, f"{event.label} is deleted: no lead sets it off any more.{rest}")
    return redirect("outbound_events", pk=campaign.pk)


def _run_action(request: UserRequest, edited: EditedEvent) -> HttpResponse:
    """Run the posted action. Pressing Enter in a field saves; all other actions show the page again with everything that was typed."""
    if request.method == "GET":
        return _page(request, edited, edited.form(), seen=edited.version)
    action, _, row = request.POST.get("act", SAVE).partition(" ")
    seen = request.POST.get(SEEN, "")
    if action in (PUT_IN, TAKE_OUT):
        put_in, take_out = row if action == PUT_IN else "", row if action == TAKE_OUT else ""
        typed = with_row(without_row(request.POST.copy(), take_out), put_in)
        return _page(request, edited, edited.unvalidated(typed), seen=seen)
    form = edited.form(request.POST)
    if form.is_valid():
        try:
            return _save(request, edited, form, seen)
        except EventChangedMeanwhile as refusal:
            form.add_error(None, f"{refusal.message} What you typed is kept here: save again to overwrite their change.")
            seen = refusal.event.updated_at.isoformat()
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
    return _page(request, edited, form, seen=seen)


def _save(request: UserRequest, edited: EditedEvent, form: EventSettings, seen: str) -> HttpResponse:
    actor = actor_of(request)
    if edited.event is None:
        event, done = services.add_event(edited.campaign, form.cleaned_data, actor=actor), "added"
    else:
        event = services.update_event(edited.event.pk, form.cleaned_data, actor=actor, seen_at=parse_version(seen))
        done = "saved"
    state = "leads set it off from now on" if event.enabled else "it is switched off, so no lead sets it off"
    messages.success(request, f"{event.label} is {done}: {state}.")
    return redirect("outbound_events", pk=edited.campaign.pk)


def _page(request: UserRequest, edited: EditedEvent, form: EventSettings, *, seen: str) -> HttpResponse:
    context = {
        "campaign": edited.campaign,
        "event": edited.event,
        "form": form,
        "seen": seen,
        "names": NAMES.items(),
        "fields": field_names(edited.campaign),
    }
    return render(request, "integrations/event.html", context)


def _rights(request: UserRequest, campaign: Campaign) -> dict[str, Any]:
    """Return whether the user may change the campaign's events, and why not."""
    if may_change_events(request.user, campaign):
        return {"may_change": True, "why_read_only": ""}
    return {"may_change": False, "why_read_only": TEMPLATE if sees_personal_data(request.user) else services.MASKED}


def _campaign_to_change(request: UserRequest, pk: int) -> Campaign:
    campaign = campaign_seen_by(request.user, pk)
    if refusal := _rights(request, campaign)["why_read_only"]:
        raise PermissionDenied(refusal)
    return campaign


def _event_of(request: UserRequest, campaign: Campaign, event_id: int) -> OutboundEvent:
    events = events_for(request.user).filter(campaign=campaign).select_related("publisher", "destination")
    return get_object_or_404(events, pk=event_id)
