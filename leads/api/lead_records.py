"""The record of a lead in API v4 (`Lead`), as far as the user may see it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote

from django.db.models import F, QuerySet
from rest_framework import serializers

from campaigns.scope import Who
from config.core import enterprise
from config.core.accounts import roles
from config.core.api import hydra
from leads import privacy
from leads.extension_points import LeadPage
from leads.intake.normalize import EMAIL
from leads.models import Lead
from leads.selectors import newest_notes
from leads.shown_status import ShownStatus, shown_statuses
from leads.statuses import CurrentStatus, DeliveryStatus, EntryPoint, QaStatus, SecondCheck

VALUES = (
    "title", "firstName", "lastName", "email", "telephone", "addressLine1", "addressLine2", "addressLine3", "addressLine4", "postcode",
    "dob", "sex", "photo",
)  # fmt: skip
"""The fields of the lead's values that are properties of the record. All others are in `leadData` only."""
SOURCES = ("enriched", "captured", "transformed")
"""Later ones take precedence, as in `Lead.values`."""
DERIVED = "derived"
NOTES_AT_MOST = 100
PUBLISHERS_MONEY = frozenset({"publisherBillable", "publisherPayout", "baseCurrencyPublisherPayout"})
ADVERTISERS_PAYOUT = frozenset({"advertiserPayout", "baseCurrencyAdvertiserPayout"})
HIDDEN: Mapping[str, frozenset[str]] = {
    roles.PUBLISHER: ADVERTISERS_PAYOUT | {"advertiserBillable", "overAllocation"},
    roles.ADVERTISER: PUBLISHERS_MONEY,
    roles.ADVERTISER_REPORT: PUBLISHERS_MONEY,
    roles.AGENCY_CALL_CENTRE: PUBLISHERS_MONEY | ADVERTISERS_PAYOUT | {"currency"},
}
"""The properties that the records of a role do not have: what the other party pays or earns."""
_quoted = lru_cache(maxsize=4096)(partial(quote, safe=""))
"""Names in addresses. They are cached, because each lead of a page has nearly the same."""
_NOT_SHOWN = (
    "claim", "claimed_at", "lane", "row_digest", "request_id", "contract_slot", "campaign_slot", "name_key",
    "transformed_email", "transformed_phone", "transformed_name_key",
)  # fmt: skip
_NAMED = {"type": ["object", "null"], "properties": {"id": hydra.ID, "name": {"type": "string"}}}
_MONEY = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{4}$"}
_DATA = {
    "type": "array",
    "description": "Every value: captured, transformed, enriched, and derived ones. The id is <lead>.<source>.<name>.",
    "items": {"type": "object", "required": ["@id", "@type", "type", "name", "value"]},
}
_RESULT = {
    "type": "object",
    "required": ["qaReasons", "failedJobs"],
    "properties": {
        "qaReasons": {"type": "array", "items": {"type": "string"}},
        "failedJobs": {"type": "array", "items": {"type": "object"}},
    },
}
_NOTES = {"type": "array", "items": {"type": "string"}, "description": f"The newest {NOTES_AT_MOST}, the newest first."}


class LeadSerializer(hydra.HydraSerializer):
    """A lead. Personal data are masked for roles that see leads masked; amounts of the other party are left out."""

    class Meta:
        type = "Lead"
        address = "leads"

    id = hydra.IdField()
    campaign = hydra.ReferenceField("campaigns", read_only=True, shown_schema={"type": "string", "format": "iri-reference"})
    publisher = hydra.JsonField(schema=_NAMED, read_only=True)
    publisherSubId = serializers.CharField(read_only=True)
    externalId = serializers.CharField(read_only=True, allow_null=True)
    channel = hydra.JsonField(schema=_NAMED | {"description": "The link, with its channel as the name."}, read_only=True)
    form = hydra.JsonField(schema=_NAMED, read_only=True)
    formHash = serializers.CharField(read_only=True, allow_null=True, help_text="The address name of the form.")
    createdTs = hydra.MomentField(read_only=True)
    updatedTs = hydra.MomentField(read_only=True)
    title = serializers.CharField(read_only=True, allow_null=True)
    firstName = serializers.CharField(read_only=True, allow_null=True)
    lastName = serializers.CharField(read_only=True, allow_null=True)
    email = serializers.CharField(read_only=True, allow_null=True)
    telephone = serializers.CharField(read_only=True, allow_null=True)
    addressLine1 = serializers.CharField(read_only=True, allow_null=True)
    addressLine2 = serializers.CharField(read_only=True, allow_null=True)
    addressLine3 = serializers.CharField(read_only=True, allow_null=True)
    addressLine4 = serializers.CharField(read_only=True, allow_null=True)
    postcode = serializers.CharField(read_only=True, allow_null=True)
    dob = serializers.CharField(read_only=True, allow_null=True)
    sex = serializers.CharField(read_only=True, allow_null=True)
    photo = serializers.CharField(read_only=True, allow_null=True)
    emailHash = serializers.CharField(read_only=True, allow_null=True, help_text="SHA-256 of the captured address in its canonical form.")
    fingerprint = serializers.CharField(read_only=True, allow_null=True, help_text="Always null: none is taken.")
    ip = serializers.CharField(read_only=True, allow_null=True)
    host = serializers.CharField(read_only=True)
    userAgent = serializers.CharField(read_only=True)
    landingPageUrl = serializers.CharField(read_only=True)
    entryPoint = serializers.ChoiceField(EntryPoint.values, read_only=True)
    optIn = serializers.BooleanField(read_only=True, allow_null=True)
    doubleOptIn = serializers.BooleanField(read_only=True, allow_null=True)
    imported = serializers.BooleanField(read_only=True)
    suppressionList = serializers.BooleanField(read_only=True)
    visible = serializers.BooleanField(read_only=True, help_text="Always true: deleted leads are not found.")
    currentStatus = serializers.ChoiceField(CurrentStatus.values, read_only=True)
    qaStatus = serializers.ChoiceField(QaStatus.values, read_only=True, allow_null=True)
    secondCheck = serializers.ChoiceField(SecondCheck.values, read_only=True, allow_null=True)
    flagReason = serializers.CharField(read_only=True, allow_null=True)
    flagReasonCategory = serializers.CharField(read_only=True, allow_null=True)
    flagComment = serializers.CharField(read_only=True, allow_null=True)
    flaggedBy = serializers.CharField(read_only=True, allow_null=True)
    flaggedTs = hydra.MomentField(read_only=True, allow_null=True)
    otherReasonType = serializers.CharField(read_only=True)
    otherReasonComment = serializers.CharField(read_only=True)
    processrStatus = hydra.JsonField(
        schema={"type": ["integer", "null"], "description": "By decision 12; null for a hold of an app that is gone."}, read_only=True
    )
    processrStatusLabel = serializers.CharField(read_only=True)
    processingCounter = serializers.IntegerField(read_only=True, min_value=0)
    score = serializers.IntegerField(read_only=True)
    maxScore = serializers.IntegerField(read_only=True)
    hardfail = serializers.BooleanField(read_only=True)
    errored = serializers.BooleanField(read_only=True, help_text="Some job could not check the lead.")
    qaResult = hydra.JsonField(schema=_RESULT, read_only=True)
    deliveryStatus = serializers.ChoiceField(DeliveryStatus.values, read_only=True)
    integration = serializers.BooleanField(read_only=True, help_text="Whether it is delivered.")
    firstDeliveredTs = hydra.MomentField(read_only=True, allow_null=True)
    overAllocation = hydra.JsonField(schema={"type": "boolean"}, read_only=True)
    publisherBillable = hydra.JsonField(schema={"type": "boolean"}, read_only=True)
    advertiserBillable = hydra.JsonField(schema={"type": "boolean"}, read_only=True)
    publisherPayout = hydra.JsonField(schema=_MONEY, read_only=True)
    advertiserPayout = hydra.JsonField(schema=_MONEY, read_only=True)
    baseCurrencyPublisherPayout = hydra.JsonField(schema=_MONEY, read_only=True)
    baseCurrencyAdvertiserPayout = hydra.JsonField(schema=_MONEY, read_only=True)
    currency = hydra.JsonField(schema={"type": "string"}, read_only=True)
    leadData = hydra.JsonField(schema=_DATA, read_only=True)
    leadNotes = hydra.JsonField(schema=_NOTES, read_only=True)

    def prepare(self, rows: Sequence[Lead]) -> None:
        who = self.context["request"].user
        self.page = LeadPage(who, rows)
        self.hidden = HIDDEN.get(who.role, frozenset())

    def record(self, row: Lead) -> hydra.JsonObject:
        values = values_by_source(row, self.page.who)
        record = {
            **self.identity({"id": row.pk}),
            **_origin(row, self.page.who),
            **_names(row),
            **_person(row, self.page.who, values),
            **_statuses(row, self.page),
            **_money(row),
            "leadData": list(data_records(row, self.page.who, values)),
            "leadNotes": [f"/api/v4/lead-notes/{pk}" for pk in self.page.load_once(_notes)[row.pk]],
        }
        return {name: value for name, value in record.items() if name not in self.hidden}


def rows_for_records(leads: QuerySet[Lead], who: Who) -> QuerySet[Lead]:
    """Return the leads with what their records read of them and of the rows that they point at.

    Names are annotated: to build an object for each row that a lead points at takes longer than all the rest of it.
    """
    columns = [field.name for field in Lead._meta.concrete_fields if field.name not in _NOT_SHOWN]
    if who.role in roles.ADVERTISER_SIDE:
        leads = leads.select_related("campaign__advertiser")
        columns.append("campaign__advertiser__visible_fields")
    return leads.only(*columns).annotate(
        publisher_name=F("publisher__name"),
        channel_name=F("link__channel"),
        form_name=F("form__name"),
        form_slug=F("form__slug"),
        currency_code=F("campaign__currency__code"),
    )


def _sources_for(who: Who) -> Sequence[str]:
    return SOURCES if privacy.sees_results(who) else ("captured",)


def _origin(lead: Lead, who: Who) -> hydra.JsonObject:
    """Return where the lead comes from. What tells a person from others is masked where their values are."""
    return {
        "id": lead.pk,
        "campaign": f"/api/v4/campaigns/{lead.campaign_id}",
        "publisherSubId": lead.publisher_sub_id,
        "externalId": lead.external_id,
        "createdTs": _moment(lead.created_at),
        "updatedTs": _moment(lead.updated_at),
        "ip": privacy.masked_for(who, lead, lead.ip) if lead.ip else None,
        "host": privacy.masked_for(who, lead, lead.host),
        "userAgent": privacy.masked_for(who, lead, lead.user_agent),
        "landingPageUrl": privacy.masked_for(who, lead, lead.landing_page_url),
        "entryPoint": lead.entry_point,
        "optIn": lead.opt_in,
        "doubleOptIn": lead.double_opt_in,
        "imported": lead.imported,
        "suppressionList": lead.suppressed,
        "visible": lead.deleted_at is None,
    }


def _names(row: Any) -> hydra.JsonObject:
    """Return what the lead points at, from the annotations of `rows_for_records`."""
    return {
        "publisher": {"id": row.publisher_id, "name": row.publisher_name} if row.publisher_id else None,
        "channel": {"id": row.link_id, "name": row.channel_name} if row.link_id else None,
        "form": {"id": row.form_id, "name": row.form_name} if row.form_id else None,
        "formHash": row.form_slug,
        "currency": row.currency_code,
    }


def _person(lead: Lead, who: Who, values: Mapping[str, Mapping[str, str]]) -> hydra.JsonObject:
    effective = {name: text for source in values.values() for name, text in source.items()}
    address = lead.email if _sees_field(who, lead, EMAIL) else ""
    return {
        **{name: effective.get(name) for name in VALUES},
        "emailHash": hashlib.sha256(address.encode()).hexdigest() if address else None,
        "fingerprint": None,
    }


def _statuses(lead: Lead, page: LeadPage) -> hydra.JsonObject:
    shown, flagged = page.load_once(_processr_statuses)[lead.pk], bool(lead.second_check)
    return {
        "currentStatus": lead.current_status,
        "qaStatus": lead.qa_status or None,
        "secondCheck": lead.second_check or None,
        "flagReason": privacy.reason_for(page.who, lead, lead.flag_reason) or None,
        "flagReasonCategory": lead.flag_category or None,
        "flagComment": privacy.masked_for(page.who, lead, lead.flag_comment) or None,
        "flaggedBy": privacy.person_for(page.who, lead.flagged_by) if flagged else None,
        "flaggedTs": _moment(lead.flagged_at),
        "otherReasonType": lead.replacement_type,
        "otherReasonComment": privacy.masked_for(page.who, lead, lead.replacement_comment),
        "processrStatus": shown.api_number,
        "processrStatusLabel": shown.label,
        "processingCounter": lead.processing_counter,
        "score": lead.score,
        "maxScore": lead.max_score,
        "hardfail": lead.hardfail,
        "errored": lead.errored,
        "qaResult": {"qaReasons": lead.qa_result.get("qaReasons", []), "failedJobs": lead.qa_result.get("failedJobs", [])},
        "deliveryStatus": lead.delivery_status,
        "integration": lead.delivery_status == DeliveryStatus.DELIVERED,
        "firstDeliveredTs": _moment(lead.first_delivered_at),
    }


def _money(lead: Lead) -> hydra.JsonObject:
    return {
        "overAllocation": lead.over_allocation,
        "publisherBillable": lead.publisher_billable,
        "advertiserBillable": lead.advertiser_billable,
        "publisherPayout": _amount(lead.publisher_payout),
        "advertiserPayout": _amount(lead.advertiser_payout),
        "baseCurrencyPublisherPayout": _amount(lead.publisher_payout_base),
        "baseCurrencyAdvertiserPayout": _amount(lead.advertiser_payout_base),
    }


def values_by_source(lead: Lead, who: Who) -> dict[str, dict[str, str]]:
    """Return the values of each source as the user may see them."""
    return {source: privacy.shown_values(who, lead, getattr(lead, source)) for source in _sources_for(who)}


def data_records(lead: Lead, who: Who, values: Mapping[str, Mapping[str, str]]) -> Iterator[hydra.JsonObject]:
    """Yield a record for each value of the lead: derived ones, and then those of its sources.

    A form may have a field of the name of a derived value: whoever looks a value up by its name finds the derived one first.
    """
    for source, texts in {DERIVED: _derived(lead, who), **values}.items():
        address = f"/api/v4/lead-datas/{lead.pk}.{source}."
        for name, text in texts.items():
            yield {"@id": address + _quoted(name), "@type": "LeadData", "type": "core.data", "name": name, "value": text}


def _derived(lead: Lead, who: Who) -> dict[str, str]:
    """Return the values that are in no source. The hash is a capability: whoever knows it can change the lead."""
    derived = {"createdDate": f"{lead.created_at.astimezone(enterprise.zone()):%Y-%m-%d}"}
    if "@" in lead.email:
        derived["emailDomain"] = privacy.shown_value(who, lead, EMAIL, f"@{lead.email.rpartition('@')[2]}")
    if privacy.sees_capabilities(who):
        derived["leadHash"] = lead.lead_hash
    return derived


def _sees_field(who: Who, lead: Lead, field: str) -> bool:
    return privacy.sees_values_of(who, lead) or field in privacy.shown_fields(who, lead)


def _processr_statuses(page: LeadPage) -> dict[int, ShownStatus]:
    return shown_statuses(page.leads)


def _notes(page: LeadPage) -> dict[int, list[int]]:
    return newest_notes(page.who, [lead.pk for lead in page.leads], NOTES_AT_MOST)


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _amount(amount: Decimal) -> str:
    return f"{amount:.4f}"
