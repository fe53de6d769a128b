"""A sample lead to test an integration with: it fills in the campaign's forms, with values that say they are a sample."""

from collections.abc import Mapping

from django.utils import timezone

from campaigns.models import Campaign, CampaignPublisher, FormField
from campaigns.submission import forms_of, links_of
from leads.intake import normalize
from leads.models import Lead
from leads.statuses import CurrentStatus, EntryPoint, SecondCheck
from processr.job_types.lead import meta_of
from processr.plans import snapshot
from processr.selectors import field_names
from processr.transforms import apply_transforms

ID = 0
HASH = "0" * 32
"""A hash that no lead has, so feedback that names it changes nothing."""
IP = "192.0.2.1"
SAMPLE = "Sample"
EMAIL, TELEPHONE = "sample.lead@example.com", "+44 20 7946 0000"
"""An address and a number that are reserved for examples."""
Type = FormField.Type
VALUES_BY_TYPE: Mapping[Type, str] = {
    Type.EMAIL: EMAIL,
    Type.TELEPHONE: TELEPHONE,
    Type.NUMBER: "1",
    Type.DATE: "2000-01-31",
    Type.CHECKBOX: "1",
    Type.OPTIN: "1",
}
VALUES_BY_NAME: Mapping[str, str] = {"firstName": SAMPLE, "lastName": "Lead", "company": "Sample Company Ltd"}


def sample_lead(campaign: Campaign) -> Lead:
    """Return an unsaved lead with values for every form of the campaign, after its value transforms.

    Each field that enrichment would fill has a value too.
    """
    forms = forms_of(campaign)
    contract = CampaignPublisher.objects.filter(campaign=campaign).select_related("publisher").order_by("pk").first()
    captured = {field.name: _sample_value(field) for form in forms for field in form.fields.all()}
    now = timezone.now()
    lead = Lead(
        pk=ID, lead_hash=HASH, campaign=campaign, form=forms[0] if forms else None, publisher=contract.publisher if contract else None,
        link=next(iter(links_of(campaign)), None), captured=captured, ip=IP, entry_point=EntryPoint.MANUAL, created_at=now, updated_at=now,
        second_check=SecondCheck.TEST, current_status=CurrentStatus.TEST, failed_jobs=[], **normalize.columns(captured),
    )  # fmt: skip
    lead.transformed = apply_transforms(snapshot(campaign).transforms, captured, meta=meta_of(lead)).values
    lead.enriched = {name: f"{SAMPLE} {name}" for name in field_names(campaign) if name not in captured and name not in lead.transformed}
    return lead


def _sample_value(field: FormField) -> str:
    if field.type in (Type.DROPDOWN, Type.RADIO):
        return str(field.options[0][0]) if field.options else ""
    value = VALUES_BY_TYPE.get(Type(field.type)) or VALUES_BY_NAME.get(field.name) or f"{SAMPLE} {field.label or field.name}"
    return value[: field.max_length]
