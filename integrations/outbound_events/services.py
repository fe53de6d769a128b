"""Adding, changing, switching and removing outbound events. Each leaves an entry in the audit trail, without values of headers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.db import connection, transaction
from django.utils import timezone

from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from integrations import texts
from integrations.messages.queue import notify_of_messages
from integrations.messages.withdrawal import AT_MOST, withdraw_messages
from integrations.models import Destination, OutboundEvent
from integrations.outbound_events.headers import headers_shown, merge_headers, seal_headers, stored_headers
from integrations.outbound_events.request import placeholders_in
from integrations.outbound_events.settings import EventSettings
from leads.privacy import UNMASKED_ROLES, is_masked
from processr.job_types.settings_fields import fault_of_value
from processr.jobs.http.address_template import parse_template
from processr.services.locking import locked_campaign

PAGE = "Tracking events"
MOST_EVENTS = 50
"""The most events on a campaign: each may send a message for each of its leads."""
MASKED = f"An outbound event sends values of leads to another system: it is set up by roles that see them unmasked ({UNMASKED_ROLES})."
NO_EVENT = "There is no such event."
COLUMNS = ("label", "trigger", "publisher_id", "method", "url", "enabled")


class EventChangedMeanwhile(DomainError):
    """Another user saved the event since it was shown."""

    def __init__(self, event: OutboundEvent) -> None:
        super().__init__("This event was changed meanwhile.", status=409)
        self.event = event


@transaction.atomic
def add_event(campaign: Campaign, values: Mapping[str, Any], *, actor: Actor) -> OutboundEvent:
    """Add an event and its destination. `values` are those of the form by name; each that is missing has its initial value."""
    _refuse_masked(actor)
    campaign = locked_campaign(campaign.pk, actor=actor)
    if campaign.outbound_events.filter(removed_at=None).count() >= MOST_EVENTS:
        raise DomainError(f"A campaign has at most {MOST_EVENTS} outbound events: delete one first.", status=409)
    event = OutboundEvent(campaign=campaign)
    headers = _set_values(event, values, stored={})
    event.save()
    Destination.objects.create(event=event)
    _record(event, "outbound event added", actor=actor, after=_audited(event, headers))
    return event


@transaction.atomic
def update_event(event_id: int, values: Mapping[str, Any], *, actor: Actor, seen_at: datetime | None = None) -> OutboundEvent:
    """Change what is named in `values`. A header without a value keeps it. A call that changes nothing writes nothing.

    Raise EventChangedMeanwhile if `seen_at`, the event's `updated_at` as the caller saw it, is no longer current.
    """
    _refuse_masked(actor)
    event = _locked_event(event_id, actor=actor)
    if seen_at is not None and seen_at != event.updated_at:
        raise EventChangedMeanwhile(event)
    stored = stored_headers(event)
    before, was_enabled = _audited(event, stored), event.enabled
    present = {**{name.removesuffix("_id"): getattr(event, name) for name in COLUMNS}, "headers": headers_shown(stored)}
    headers = _set_values(event, {**present, **values}, stored=stored)
    after = _audited(event, headers)
    if after == before and headers == stored:
        return event
    if headers != stored:
        after["headers_changed"] = True
    event.updated_at = timezone.now()
    event.save(update_fields=[*COLUMNS, "sealed_headers", "placeholders", "updated_at"])
    changed = [name for name in after if after[name] != before.get(name)]
    old = {name: before[name] for name in changed if name in before}
    _record(event, "outbound event changed", actor=actor, before=old, after={name: after[name] for name in changed})
    if event.enabled and not was_enabled:
        _notify(event)
    return event


@transaction.atomic
def switch_event(event_id: int, enabled: bool, *, actor: Actor) -> OutboundEvent:
    """Switch an event on or off. While it is off, no lead sets it off, and what waits stays where it is."""
    _refuse_masked(actor)
    event = _locked_event(event_id, actor=actor)
    if event.enabled == enabled:
        return event
    event.enabled, event.updated_at = enabled, timezone.now()
    event.save(update_fields=["enabled", "updated_at"])
    action = "outbound event switched on" if enabled else "outbound event switched off"
    _record(event, action, actor=actor, before={"enabled": not enabled}, after={"enabled": enabled})
    if enabled:
        _notify(event)
    return event


@transaction.atomic
def remove_event(event_id: int, *, actor: Actor, seen_at: datetime | None = None) -> int:
    """Remove the event, and return how many messages were withdrawn with it. What is being sent ends as usual.

    Of more than `AT_MOST` messages the rest is withdrawn by `withdraw_of_removed`.
    """
    _refuse_masked(actor)
    event = _locked_event(event_id, actor=actor)
    if seen_at is not None and seen_at != event.updated_at:
        raise EventChangedMeanwhile(event)
    with connection.cursor() as cursor:
        cursor.execute(_WAIT_FOR_MOVES, [event.pk])
    before = _audited(event, stored_headers(event))
    event.removed_at = event.updated_at = timezone.now()
    event.sealed_headers = b""
    event.save(update_fields=["removed_at", "updated_at", "sealed_headers"])
    withdrawn = withdraw_messages(event.destination.pk, reason=texts.EVENT_REMOVED)
    _record(event, "outbound event removed", actor=actor, before=before, after={"withdrawn": withdrawn}, severity="high")
    return withdrawn


def withdraw_of_removed() -> int:
    """Withdraw what waits for removed events, at most `AT_MOST` messages of each, and return their number."""
    with connection.cursor() as cursor:
        cursor.execute(_REMOVED_WITH_MESSAGES)
        destinations = [destination_id for (destination_id,) in cursor.fetchall()]
    return sum(withdraw_messages(destination_id, reason=texts.EVENT_REMOVED, at_most=AT_MOST) for destination_id in destinations)


def _set_values(event: OutboundEvent, values: Mapping[str, Any], *, stored: Mapping[str, str]) -> dict[str, str]:
    """Set the event's columns to the cleaned values, and return its headers. Raise DomainError with the first problem."""
    cleaned = _clean(event, values)
    headers = merge_headers(cleaned.pop("headers"), stored)
    cleaned["publisher_id"] = cleaned.pop("publisher")
    for name in COLUMNS:
        setattr(event, name, cleaned[name])
    event.sealed_headers = event.sealed_headers if headers == stored else seal_headers(headers)
    event.placeholders = list(dict.fromkeys([*parse_template(event.url).names, *placeholders_in(*headers.values())]))
    return headers


def _clean(event: OutboundEvent, values: Mapping[str, Any]) -> dict[str, Any]:
    form = EventSettings({}, campaign=event.campaign, event=event)
    if unknown := set(values) - set(form.fields):
        raise DomainError(f"An event has no “{min(unknown)}”.", field=min(unknown))
    for name, value in values.items():
        if fault := fault_of_value(form.fields[name], value):
            raise DomainError(fault, field=name)
    form.data = {name: values.get(name, field.initial) for name, field in form.fields.items()}
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise DomainError(str(errors[0]), field=None if name == NON_FIELD_ERRORS else name)
    return dict(form.cleaned_data)


def _locked_event(event_id: int, *, actor: Actor) -> OutboundEvent:
    """Lock the campaign of the event, and return the event as it is now."""
    for campaign_id in OutboundEvent.objects.filter(pk=event_id).values_list("campaign_id", flat=True):
        locked_campaign(campaign_id, actor=actor)
    event = OutboundEvent.objects.select_related("campaign", "destination").filter(pk=event_id, removed_at=None).first()
    if event is None:
        raise DomainError(NO_EVENT, status=404)
    return event


def _refuse_masked(actor: Actor) -> None:
    """Refuse to let an actor who sees leads masked decide what is sent of them (decision 33)."""
    if is_masked(actor):
        raise DomainError(MASKED, status=403)


def _notify(event: OutboundEvent) -> None:
    notify_of_messages([event.destination.pk])


def _audited(event: OutboundEvent, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return what the audit trail keeps: of headers their names."""
    return {**{name: getattr(event, name) for name in COLUMNS}, "headers": list(headers)}


def _record(event: OutboundEvent, action: str, *, actor: Actor, **details: Any) -> None:
    audit.record(actor=actor, page=PAGE, action=action, obj=event, campaign_id=event.campaign_id, notes=str(event), **details)


# Moves of leads lock the event FOR KEY SHARE while they queue messages for it.
_WAIT_FOR_MOVES = "SELECT FROM integrations_outboundevent WHERE id = %s FOR UPDATE"
_REMOVED_WITH_MESSAGES = """
SELECT destination.id
FROM integrations_outboundevent AS event JOIN integrations_destination AS destination ON destination.event_id = event.id
WHERE event.removed_at IS NOT NULL AND (
    EXISTS (SELECT FROM integrations_message AS m WHERE m.destination_id = destination.id AND m.state = 'queued')
    OR EXISTS (SELECT FROM integrations_message AS m WHERE m.destination_id = destination.id AND m.state = 'needs_person')
)
ORDER BY destination.id
"""
