"""The way in to a campaign: one query loads what a sender's request needs, and says why the door is closed, if it is."""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from django.db import connection
from django.db.models import Prefetch
from django.utils.crypto import constant_time_compare

from campaigns.models import Campaign, CampaignLink, Form, FormField
from campaigns.selectors import ACTIVE, campaign_status
from config.core.accounts import tokens


class Closed(StrEnum):
    """Why no lead is taken, in the order in which a sender is told; the texts are the vendor's."""

    NO_FORM = "Form not found"
    NO_PUBLISHER = "Publisher not found"
    NO_LINK = "Link not found"
    PUBLISHER_INACTIVE = "Publisher is inactive"
    CAMPAIGN_INACTIVE = "Campaign is inactive"
    NOT_ASSIGNED = "Publisher is not assigned to this campaign"
    """Said by faces that know the sender, instead of NO_PUBLISHER."""


@dataclass(frozen=True, slots=True)
class Field:
    """An enabled field of a form, as answers are checked against it."""

    name: str
    type: str
    required: bool
    max_length: int
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Door:
    """A campaign as one sender meets it. Loaded anew for every request: a paused campaign takes nothing from that moment on.

    Of the campaign only what decides is loaded; the ids are as they were asked for, and known to exist when the door is open.
    `contracted`: the publisher that was asked for has a contract on the campaign, of whatever kind.
    """

    campaign: Campaign
    form_id: int
    publisher_id: int | None
    link_id: int | None
    fields: tuple[Field, ...]
    closed: Closed | None
    contracted: bool


def find(campaign_id: int, *, form_id: int, publisher_id: int | None = None, link_id: int | None = None) -> Door | None:
    """None when there is no such campaign. Everything else that is wrong, unknown ids included, is in `Door.closed`."""
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]  # our own engine's
        cursor.execute(_DOOR, {"campaign": campaign_id, "form": form_id, "publisher": publisher_id, "link": link_id})
        row = cursor.fetchone()
    if row is None:
        return None
    *columns, form, link, contract_active, fields = row
    campaign = Campaign.from_db(connection.alias, _COLUMNS, columns)
    reasons = {
        Closed.NO_FORM: form is None,
        Closed.NO_PUBLISHER: publisher_id is not None and contract_active is None,
        Closed.NO_LINK: link_id is not None and link is None,
        Closed.PUBLISHER_INACTIVE: contract_active is False,
        Closed.CAMPAIGN_INACTIVE: campaign_status(campaign) != ACTIVE,
    }
    closed = next((reason for reason, holds in reasons.items() if holds), None)
    return Door(campaign, form_id, publisher_id, link_id, _fields(fields or "[]"), closed, contract_active is not None)


@lru_cache(maxsize=256)
def _fields(text: str) -> tuple[Field, ...]:
    """Remembered by content, so it cannot be out of date."""
    return tuple(
        Field(name, kind, required, length, tuple(str(key) for key, _ in options))
        for name, kind, required, length, options in json.loads(text)
    )


_DECIDING = {
    "id", "api_key_digest", "signed_at", "paused_at", "start", "end", "end_extension", "lead_volume", "slots_taken", "hold_over_delivery",
}  # fmt: skip
_COLUMNS = [field.attname for field in Campaign._meta.concrete_fields if field.attname in _DECIDING]
# By hand: the ORM needs longer to build this than PostgreSQL to run it, and every lead comes through here.
# Sub-selects, as PostgreSQL plans five small statements faster than one join of five tables.
_DOOR = f"""
SELECT {", ".join(f'"{column}"' for column in _COLUMNS)},
    (SELECT form.id FROM campaigns_form AS form JOIN campaigns_campaignform AS used ON used.form_id = form.id
     WHERE form.id = %(form)s AND form.archived_at IS NULL AND used.campaign_id = campaign.id),
    (SELECT id FROM campaigns_campaignlink WHERE id = %(link)s AND campaign_id = campaign.id AND status = 'active'),
    (SELECT signed_at IS NOT NULL AND enabled FROM campaigns_campaignpublisher
     WHERE publisher_id = %(publisher)s AND campaign_id = campaign.id),
    (SELECT json_agg(json_build_array(name, type, required, max_length, options) ORDER BY position, id)::text
     FROM campaigns_formfield WHERE form_id = %(form)s AND enabled)
FROM campaigns_campaign AS campaign WHERE id = %(campaign)s
"""  # noqa: S608


def campaign_with_key(campaign_id: int) -> Campaign | None:
    return Campaign.objects.only("api_key_digest").filter(pk=campaign_id).first()


def key_fits(campaign: Campaign, api_key: object) -> bool:
    """Of one text in UTF-8; whatever else came is no key."""
    return isinstance(api_key, str) and constant_time_compare(tokens.digest(api_key), campaign.api_key_digest)


def forms_of(campaign: Campaign) -> list[Form]:
    """The forms a sender may post to, each with its enabled fields."""
    fields = Prefetch("fields", FormField.objects.filter(enabled=True))
    return list(campaign.forms.filter(archived_at=None).order_by("pk").prefetch_related(fields))


def links_of(campaign: Campaign) -> list[CampaignLink]:
    return list(campaign.links.filter(status=CampaignLink.Status.ACTIVE).order_by("pk"))
