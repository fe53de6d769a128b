"""Submitting leads to a campaign: one query loads what a request needs, and the reason for which leads are refused, if any."""

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


class SubmissionRefusal(StrEnum):
    """Reasons to refuse a lead, in the order in which they are checked. The texts are the vendor's."""

    NO_FORM = "Form not found"
    NO_PUBLISHER = "Publisher not found"
    NO_LINK = "Link not found"
    PUBLISHER_INACTIVE = "Publisher is inactive"
    CAMPAIGN_INACTIVE = "Campaign is inactive"
    NOT_ASSIGNED = "Publisher is not assigned to this campaign"
    """Used instead of NO_PUBLISHER by interfaces that know the sender."""


FIELD_TYPES = FormField.Type.values


@dataclass(frozen=True, slots=True)
class Field:
    """An enabled field of a form, with what its answers are validated by."""

    name: str
    type: str
    required: bool
    max_length: int
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubmissionContext:
    """A campaign for one sender, loaded for every request: a paused campaign refuses leads from that moment on.

    `campaign` has only the columns that decide this. The ids are those of the request; they exist if `closed` is None.
    `contracted` says whether the requested publisher has a contract on the campaign, of any status.
    """

    campaign: Campaign
    form_id: int
    publisher_id: int | None
    link_id: int | None
    fields: tuple[Field, ...]
    closed: SubmissionRefusal | None
    contracted: bool


_DECIDING_COLUMNS = {
    "id", "api_key_digest", "signed_at", "paused_at", "start", "end", "end_extension", "lead_volume", "slots_taken", "hold_over_delivery",
}  # fmt: skip
_COLUMNS = [field.attname for field in Campaign._meta.concrete_fields if field.attname in _DECIDING_COLUMNS]
# Raw SQL: the ORM needs longer to build this query than PostgreSQL to run it, and every lead needs it.
# Subqueries, because PostgreSQL plans five small statements faster than one join of five tables.
_CONTEXT = f"""
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


def load_submission_context(
    campaign_id: int, *, form_id: int, publisher_id: int | None = None, link_id: int | None = None
) -> SubmissionContext | None:
    """Return the context, or None if there is no such campaign.

    Every other problem, such as an unknown id, is in `SubmissionContext.closed`.
    """
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]  # our own database backend's
        cursor.execute(_CONTEXT, {"campaign": campaign_id, "form": form_id, "publisher": publisher_id, "link": link_id})
        row = cursor.fetchone()
    if row is None:
        return None
    *columns, form, link, contract_active, fields = row
    campaign = Campaign.from_db(connection.alias, _COLUMNS, columns)
    reasons = {
        SubmissionRefusal.NO_FORM: form is None,
        SubmissionRefusal.NO_PUBLISHER: publisher_id is not None and contract_active is None,
        SubmissionRefusal.NO_LINK: link_id is not None and link is None,
        SubmissionRefusal.PUBLISHER_INACTIVE: contract_active is False,
        SubmissionRefusal.CAMPAIGN_INACTIVE: campaign_status(campaign) != ACTIVE,
    }
    closed = next((reason for reason, applies in reasons.items() if applies), None)
    return SubmissionContext(campaign, form_id, publisher_id, link_id, _fields(fields or "[]"), closed, contract_active is not None)


@lru_cache(maxsize=256)
def _fields(text: str) -> tuple[Field, ...]:
    """Parse the fields. The cache is keyed by content, so it cannot be outdated."""
    return tuple(
        Field(name, kind, required, length, tuple(str(key) for key, _ in options))
        for name, kind, required, length, options in json.loads(text)
    )


def campaign_with_key(campaign_id: int) -> Campaign | None:
    return Campaign.objects.only("api_key_digest").filter(pk=campaign_id).first()


def key_fits(campaign: Campaign, api_key: object) -> bool:
    """Compare one text with the key's digest. Any other type is no key."""
    return isinstance(api_key, str) and constant_time_compare(tokens.digest(api_key), campaign.api_key_digest)


def forms_of(campaign: Campaign) -> list[Form]:
    """Return the forms that leads can be posted to, with their enabled fields."""
    fields = Prefetch("fields", FormField.objects.filter(enabled=True))
    return list(campaign.forms.filter(archived_at=None).order_by("pk").prefetch_related(fields))


def links_of(campaign: Campaign) -> list[CampaignLink]:
    return list(campaign.links.filter(status=CampaignLink.Status.ACTIVE).order_by("pk"))
