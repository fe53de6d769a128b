"""The values that are sent of a lead, and the further names that a mapping can use, for all leads that go out together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Model
from django.utils import timezone

from campaigns.models import CampaignForm, CampaignLink, CampaignPublisher, Form, Publisher
from config.core import enterprise
from integrations.base import Outgoing
from leads.models import Lead
from leads.statuses import CurrentStatus
from processr.engine.pipeline import lead_for_jobs
from processr.job_types.lead import NAMES as LEAD_NAMES
from processr.job_types.lead import local_time, meta_of, text
from processr.transforms import TransformResult

CAPABILITIES = {
    "eventId": "the id of this delivery: the same in every attempt, and what feedback on it names",
    "leadHash": "the lead's own secret, by which its status is changed from outside",
}
"""Capabilities, never read from a lead's fields, whatever their names: whoever knows them can change the lead."""
SENDING_NAMES = {
    "leadStatus": "Valid, Caution, Invalid or Test",
    "publisherName": "the lead generator's name",
    "campaignPublisherId": "the id of the lead generator's contract on the campaign",
    "campaignFormId": "the id of the form's place on the campaign",
    "globalFormId": "the form's id",
    "globalFormName": "the form's name",
    "channel": "the channel of the link, where the lead came by one",
    "currentDate": "the day it is sent, as 2026-01-31",
    "currentDateTime": "the moment it is sent, as 2026-01-31 14:30:00",
    "currentTime": "the time it is sent, as 14:30:00",
}
NAMES: Mapping[str, str] = {**CAPABILITIES, **LEAD_NAMES, **SENDING_NAMES}
"""The names that a mapping can use beside the fields of leads. They are case-sensitive, as the vendor's are."""


def read_value(outgoing: Outgoing, name: str) -> str:
    """Return a value by name.

    A field of the lead takes precedence over metadata of the same name, because a value transform may have reformatted
    a date.
    """
    lead = outgoing.lead
    if name not in CAPABILITIES and (name in lead.values or name in lead.enriched):
        return text(lead, name)
    return outgoing.meta.get(name, "")


def build_outgoing(lead: Lead, *, event_id: str, delivery_id: int, is_test: bool) -> Outgoing:
    """Return one lead to send. For many leads, one `OutgoingBuilder` needs as few queries as for one."""
    return OutgoingBuilder([lead]).build(lead, event_id=event_id, delivery_id=delivery_id, is_test=is_test)


class OutgoingBuilder:
    """The leads that go out together. Values that their rows do not hold are looked up for all of them at once, in five queries."""

    def __init__(self, leads: Sequence[Lead] = ()) -> None:
        self._known_sources: set[tuple[int | None, ...]] = set()
        self._publishers: dict[int | None, str] = {}
        self._forms: dict[int | None, str] = {}
        self._channels: dict[int | None, str] = {}
        self._contracts: dict[tuple[Any, Any], str] = {}
        self._campaign_forms: dict[tuple[Any, Any], str] = {}
        self.look_up(leads)

    def look_up(self, leads: Sequence[Lead]) -> None:
        """Look up the values for more leads and set the time of sending. Leads from a source that is known already need no query."""
        self._now = local_time(timezone.now(), enterprise.current().zone)
        new = [lead for lead in leads if _source(lead) not in self._known_sources]
        if not new:
            return
        self._known_sources.update(map(_source, new))
        self._publishers |= _column_by_id(Publisher, (lead.publisher_id for lead in new), "name")
        self._forms |= _column_by_id(Form, (lead.form_id for lead in new), "name")
        self._channels |= _column_by_id(CampaignLink, (lead.link_id for lead in new), "channel")
        campaigns = {lead.campaign_id for lead in new}
        self._contracts |= _ids_by_campaign(CampaignPublisher, campaigns, "publisher_id", self._publishers)
        self._campaign_forms |= _ids_by_campaign(CampaignForm, campaigns, "form_id", self._forms)

    def build(self, lead: Lead, *, event_id: str, delivery_id: int, is_test: bool) -> Outgoing:
        transformed = TransformResult(lead.transformed, {}, frozenset())
        values = lead_for_jobs(lead, transformed, is_test=is_test, enriched=lead.enriched)
        day, _, time = self._now.partition(" ")
        meta = {
            **meta_of(lead),
            "eventId": event_id,
            "leadHash": lead.lead_hash,
            "leadStatus": CurrentStatus(lead.current_status).label,
            "publisherName": self._publishers.get(lead.publisher_id, ""),
            "campaignPublisherId": self._contracts.get((lead.campaign_id, lead.publisher_id), ""),
            "campaignFormId": self._campaign_forms.get((lead.campaign_id, lead.form_id), ""),
            "globalFormId": "" if lead.form_id is None else str(lead.form_id),
            "globalFormName": self._forms.get(lead.form_id, ""),
            "channel": self._channels.get(lead.link_id, ""),
            "currentDate": day,
            "currentDateTime": self._now,
            "currentTime": time,
        }
        return Outgoing(id=delivery_id, event_id=event_id, lead=values, meta=meta, is_test=is_test)


def _source(lead: Lead) -> tuple[int | None, ...]:
    return lead.campaign_id, lead.publisher_id, lead.form_id, lead.link_id


def _column_by_id(model: type[Model], ids: Iterable[int | None], column: str) -> dict[int | None, str]:
    rows = model._default_manager.filter(pk__in={pk for pk in ids if pk is not None})
    return dict(rows.values_list("pk", column))


def _ids_by_campaign(model: type[Model], campaigns: set[int], column: str, related_ids: Iterable[int | None]) -> dict[tuple[Any, Any], str]:
    """Return (campaign, publisher or form) → id of the row that connects them."""
    rows = model._default_manager.filter(**{"campaign__in": campaigns, f"{column}__in": [pk for pk in related_ids if pk is not None]})
    return {(campaign_id, related_id): str(pk) for pk, campaign_id, related_id in rows.values_list("pk", "campaign_id", column)}
