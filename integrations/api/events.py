"""Outbound events in API v4: campaign-events."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.http import parse_etags, quote_etag
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import hydra
from config.core.errors import DomainError
from integrations.models import OutboundEvent
from integrations.outbound_events import services
from integrations.outbound_events.headers import headers_shown, stored_headers
from integrations.outbound_events.selectors import SEES_EVENTS, EventCounts, counts_of, events_for
from integrations.outbound_events.services import EventChangedMeanwhile
from integrations.outbound_events.settings import MOST_HEADERS
from processr.api.access import campaign_for

SERVER = "server"
"""The type of all events: those at submission are not offered (decision 59)."""
CHANGED = "This event was changed meanwhile."
_HEADERS = {
    "type": "array",
    "maxItems": MOST_HEADERS,
    "description": "A value is never shown again; null, empty or left out, it stays as it is. Headers that are not named are dropped.",
    "items": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "value": {"type": ["string", "null"]}},
    },
}
_MESSAGES = {
    "type": "object",
    "description": "The messages of the event: sent among its newest 10,001, waiting up to 10,000, and needsPerson up to 1,000.",
    "properties": {name: {"type": "integer"} for name in ("sent", "waiting", "needsPerson")},
}
_IRI = {"type": "string", "format": "iri-reference"}
_IRI_OR_NULL = {"type": ["string", "null"], "format": "iri-reference"}


class EventFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter("campaign_id", name="campaign.id", description="The campaign that the event belongs to.")
    publisher = hydra.IdFilter("publisher_id", name="publisher.id", description="The publisher whose leads alone it is about.")
    trigger = hydra.ChoiceFilter("trigger", choices={value: value for value in OutboundEvent.Trigger.values})
    enabled = hydra.BooleanFilter("enabled")


class EventSerializer(hydra.HydraSerializer):
    """An outbound event: a call to an address for each lead that becomes Valid, Invalid or billable."""

    class Meta:
        type = "CampaignEvent"
        address = "campaign-events"

    id = hydra.IdField()
    campaign = hydra.ReferenceField("campaigns", show=lambda event: f"/api/v4/campaigns/{event.campaign_id}", shown_schema=_IRI)
    label = hydra.StringField(max_length=120)
    type = hydra.JsonField(schema={"type": "string", "description": f"Always {SERVER}."}, required=False, show=lambda _: SERVER)
    trigger = hydra.ChoiceField(OutboundEvent.Trigger.values)
    publisher = hydra.ReferenceField(
        "publishers", required=False, allow_null=True, shown_schema=_IRI_OR_NULL, show=lambda event: _publisher_of(event)
    )
    method = hydra.ChoiceField(OutboundEvent.Method.values, required=False)
    url = hydra.StringField(max_length=2_000)
    headers = hydra.JsonField(schema=_HEADERS, required=False, show=lambda event: headers_shown(stored_headers(event)))
    enabled = hydra.BooleanField(required=False)
    createdTs = hydra.MomentField(source="created_at", read_only=True)
    updatedTs = hydra.MomentField(source="updated_at", read_only=True)
    messages = serializers.SerializerMethodField()

    def prepare(self, rows: Sequence[OutboundEvent]) -> None:
        self._counts = counts_of(rows)

    def validate_type(self, value: Any) -> Any:
        if not isinstance(value, str) or value.strip().casefold() != SERVER:
            raise serializers.ValidationError(f"Must be {SERVER}: events at submission are not offered.")
        return value

    @extend_schema_field(_MESSAGES)
    def get_messages(self, event: OutboundEvent) -> dict[str, int]:
        counts = self._counts.get(event.pk, EventCounts())
        return {"sent": counts.sent.n, "waiting": counts.waiting.n, "needsPerson": counts.needs_person.n}


class EventChangeSerializer(EventSerializer):
    """The body of a change. An event stays on its campaign."""

    class Meta:
        type = "CampaignEventChange"
        address = "campaign-events"

    campaign = hydra.JsonField(schema=_IRI, read_only=True)  # type: ignore[assignment]  # compared, not written


class EventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The outbound events of campaigns."""

    serializer_class = EventSerializer
    filterset_class = EventFilterSet
    orders = {"id": "pk", "label": "label", "updatedTs": "updated_at"}
    roles = dict.fromkeys(("list", "retrieve", "create", "update", "partial_update", "destroy"), SEES_EVENTS)
    noun = ("outbound event", "outbound events")
    conditional = ("update", "partial_update", "destroy")
    refusals = dict.fromkeys(conditional, {"412": "The event was changed meanwhile: If-Match names another state."})
    examples = {
        "create": {"campaign": 1, "label": "Postback", "trigger": "valid", "url": "https://api.example/postback?lead={leadId}"},
        "update": {"label": "Postback", "trigger": "valid", "url": "https://api.example/postback?lead={leadId}", "enabled": True},
        "partial_update": {"enabled": False},
    }

    def get_queryset(self) -> QuerySet[OutboundEvent]:
        return events_for(self.request.user)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._with_etag(self.get_object())

    def create(self, request: Request) -> Response:
        """Add an event. It is switched on, unless the body says otherwise."""
        values = {"enabled": True, **_settings(self.validated())}
        event = services.add_event(campaign_for(request.user, values.pop("campaign")), values, actor=self.actor)
        return self.created(self.get_queryset().get(pk=event.pk))

    @extend_schema(request=EventChangeSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Replace one outbound event. What the body leaves out has its initial value, except for the values of headers."""
        values = _settings(self.validated(EventChangeSerializer))
        initial: dict[str, Any] = {"publisher": None, "method": OutboundEvent.Method.GET, "headers": [], "enabled": True}
        return self._change(request, {**initial, **values})

    @extend_schema(request=EventChangeSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the properties named in the body. With If-Match, changes that others have made since are not overwritten."""
        return self._change(request, _settings(self.validated(EventChangeSerializer, partial=True)))

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete one event. Its messages that wait or need a person are withdrawn."""
        event = self.get_object()
        with _as_precondition():
            services.remove_event(event.pk, actor=self.actor, seen_at=_seen_at(request, event))
        return Response(status=204)

    def _change(self, request: Request, values: dict[str, Any]) -> Response:
        event = self.get_object()
        hydra.refuse_to_move(self.body, "id", "campaign-events", present=event.pk, refusal="This cannot be changed.")
        hydra.refuse_to_move(self.body, "campaign", "campaigns", present=event.campaign_id, refusal="An event stays on its campaign.")
        with _as_precondition():
            services.update_event(event.pk, values, actor=self.actor, seen_at=_seen_at(request, event))
        return self._with_etag(self.get_object())

    def _with_etag(self, event: OutboundEvent) -> Response:
        response = self.item(event)
        response["ETag"] = _state(event)
        return response


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a body. The value of a header may be null, as a client may send it back."""
    settings = {name: value for name, value in values.items() if name != "type"}
    if isinstance(rows := settings.get("headers"), list):
        settings["headers"] = [{**row, "value": row.get("value") or ""} if isinstance(row, dict) else row for row in rows]
    return settings


def _publisher_of(event: OutboundEvent) -> str | None:
    return f"/api/v4/publishers/{event.publisher_id}" if event.publisher_id else None


def _state(event: OutboundEvent) -> str:
    """Return the ETag of an event's settings. Its messages do not change it."""
    return quote_etag(event.updated_at.isoformat())


def _seen_at(request: Request, event: OutboundEvent) -> datetime | None:
    known = parse_etags(request.headers.get("If-Match", ""))
    if not known or "*" in known:
        return None
    if _state(event) not in known:
        raise DomainError(CHANGED, status=412)
    return event.updated_at


@contextmanager
def _as_precondition() -> Iterator[None]:
    try:
        yield
    except EventChangedMeanwhile as refusal:
        raise DomainError(CHANGED, status=412) from refusal
