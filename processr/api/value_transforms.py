"""The preview of a value transform on leads or on given values, before it is saved."""

import re
from itertools import zip_longest
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Campaign
from campaigns.scope import Who
from campaigns.selectors import advertisers_for, campaigns_for
from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from processr.api.access import ProcessrViewSet
from processr.job_types.lead import meta_of
from processr.models import ValueTransform
from processr.transforms import previews
from processr.transforms.definitions import MANIPULATE, Definition, clean_definition, definition_of
from processr.transforms.previews import TransformPreview
from processr.transforms.selectors import Owner, lead_to_try, transforms_of

LEADS_AT_MOST, VALUES_AT_MOST = 20, 100
LONGEST = 20_000
NAMES = {"source_field": "originalFieldName", "new_field": "newFieldName", "values": "config.values", "any_case": "config.any_case"}
_STEP = re.compile(r"steps(?:-([0-9]+))?(?:-(\w+))?")


class PreviewResultSerializer(serializers.Serializer):
    lead = serializers.CharField(allow_null=True, help_text="The address of the lead; null for values that were given.")
    originalValue = serializers.CharField()
    newValue = serializers.CharField(allow_null=True, help_text="null: the new field is not written.")
    problem = serializers.CharField(allow_null=True, help_text="The reason why such a lead would be in error.")


class PreviewSerializer(hydra.HydraSerializer):
    """The results of a preview, one for each lead or value, in their order."""

    class Meta:
        type = "AdvertiserValueManipulatePreview"
        address = ""

    originalFieldName = serializers.CharField()
    results = PreviewResultSerializer(many=True)


class PreviewRequestSerializer(hydra.HydraSerializer):
    """A transform of an advertiser, or of a campaign, whose transforms run before the one that is tried."""

    class Meta:
        type = "AdvertiserValueManipulatePreviewRequest"
        address = ""

    advertiser = hydra.ReferenceField("advertisers", required=False)
    campaign = hydra.ReferenceField("campaigns", required=False)
    type = hydra.JsonField(schema={"type": "string", "enum": list(ValueTransform.Type.values), "default": MANIPULATE}, required=False)
    originalFieldName = hydra.StringField(max_length=80)
    newFieldName = hydra.StringField(max_length=80, required=False, allow_blank=True)
    config = hydra.JsonField(
        schema={
            "type": "object",
            "description": 'Of a Manipulate {"steps": […]}, of a Transform {"values": {original: new}}.',
        },
        required=False,
    )
    leads = hydra.JsonField(
        schema={"type": "array", "minItems": 1, "maxItems": LEADS_AT_MOST, "items": hydra.ReferenceField.json_schema}, required=False
    )
    values = hydra.JsonField(
        schema={
            "type": "array",
            "minItems": 1,
            "maxItems": VALUES_AT_MOST,
            "items": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        required=False,
    )


class PreviewViewSet(ProcessrViewSet):
    serializer_class = PreviewSerializer
    roles = {"create": roles.MANAGES_CAMPAIGNS}
    examples = {
        "create": {
            "advertiser": 1,
            "originalFieldName": "createdDate",
            "config": {"steps": [{"kind": "replace", "find": r"/(\d{4})\-(\d{2})\-(\d{2})$/", "replacement": "$2"}]},
            "values": [{"createdDate": "2026-01-31"}],
        }
    }

    @extend_schema(request=PreviewRequestSerializer, responses={200: PreviewSerializer})
    def create(self, request: Request) -> Response:
        """Preview a value transform on leads or values.

        On `leads`, on `values` (objects of field names and texts), or without either on the last lead.
        """
        values = self.validated(PreviewRequestSerializer)
        user = request.user
        owner = _owner(user, values)
        definition = _definition(values)
        leads = [] if "values" in values else _leads(user, owner, values)
        samples = _samples(values) if "values" in values else [(lead.captured, meta_of(lead)) for lead in leads]
        before = [definition_of(row).planned(row.pk) for row in transforms_of(owner)] if isinstance(owner, Campaign) else []
        results = previews.preview_results(definition, samples, before=before)
        rows = [_record(lead, result) for lead, result in zip_longest(leads, results)]
        return self.item({"originalFieldName": definition.source_field, "results": rows})


def _owner(user: Who, values: dict[str, Any]) -> Owner:
    if "campaign" in values:
        return get_object_or_404(campaigns_for(user).distinct(), pk=values["campaign"])
    if "advertiser" not in values:
        raise DomainError("Must be an id, or an address as /api/v4/advertisers/1.", field="advertiser")
    return get_object_or_404(advertisers_for(user).distinct(), pk=values["advertiser"])


def _definition(values: dict[str, Any]) -> Definition:
    config = values.get("config")
    if not isinstance(config, dict):
        raise DomainError('Must be an object, such as {"steps": [{"kind": "case", "to": "upper"}]}.', field="config")
    kind, source = values.get("type", MANIPULATE), values["originalFieldName"]
    if not isinstance(kind, str):
        raise DomainError("Must be a text.", field="type")
    try:
        return clean_definition(Definition("Preview", kind or MANIPULATE, source, values.get("newFieldName") or source, config))
    except DomainError as refusal:
        raise DomainError(refusal.message, field=_property(refusal.field or "config"), status=refusal.status) from refusal


def _property(field: str) -> str:
    """Translate a field: `steps-0-find` → `config.steps[0].find`"""
    found = _STEP.fullmatch(field)
    if found is None:
        return NAMES.get(field, field)
    at = "config.steps" if found[1] is None else f"config.steps[{found[1]}]"
    return at if found[2] is None else f"{at}.{found[2]}"


def _leads(user: Who, owner: Owner, values: dict[str, Any]) -> list[Lead]:
    leads = _named_leads(user, owner, values)
    if refusal := next((refusal for lead in leads if (refusal := privacy.refusal_to_use(user, lead))), ""):
        raise DomainError(f"{refusal} Give `values` instead.", field="leads", status=403)
    return leads


def _named_leads(user: Who, owner: Owner, values: dict[str, Any]) -> list[Lead]:
    if "leads" not in values:
        last = lead_to_try(user, owner)
        return [last] if last else []
    references = values["leads"]
    if not isinstance(references, list) or not 0 < len(references) <= LEADS_AT_MOST:
        raise DomainError(f"Must be a list of 1 to {LEADS_AT_MOST} leads.", field="leads")
    ids = [hydra.reference(row, "leads", field=f"leads[{place}]") for place, row in enumerate(references)]
    of_owner = {"campaign": owner} if isinstance(owner, Campaign) else {"campaign__advertiser": owner}
    found = leads_for(user).filter(**of_owner).in_bulk(ids)
    if missing := [place for place, pk in enumerate(ids) if pk not in found]:
        raise hydra.HydraError((f"leads[{place}]", "There is no such lead here.") for place in missing)
    return [found[pk] for pk in ids]


def _samples(body: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, str]]]:
    values = body["values"]
    if not isinstance(values, list) or not 0 < len(values) <= VALUES_AT_MOST:
        raise DomainError(f"Must be a list of 1 to {VALUES_AT_MOST} objects.", field="values")
    for place, row in enumerate(values):
        if not isinstance(row, dict) or not all(isinstance(text, str) and len(text) <= LONGEST for text in row.values()):
            raise DomainError("Must be an object of field names and texts.", field=f"values[{place}]")
    return [(row, {}) for row in values]


def _record(lead: Lead | None, result: TransformPreview) -> dict[str, Any]:
    return {
        "lead": f"/api/v4/leads/{lead.pk}" if lead else None,
        "originalValue": result.original,
        "newValue": result.value,
        "problem": result.problem or None,
    }
