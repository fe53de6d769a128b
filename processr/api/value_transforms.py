"""The preview of a value transform on leads or on given values, before it is saved."""

import re
from itertools import zip_longest
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from campaigns.models import Campaign
from campaigns.scope import Who
from campaigns.selectors import advertisers_for, campaigns_for
from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from processr.api.campaigns import allowed
from processr.job_types.lead import meta_of
from processr.transforms import previews
from processr.transforms.definitions import MANIPULATE, Definition, clean_definition, definition_of
from processr.transforms.previews import TransformPreview
from processr.transforms.selectors import Owner, lead_to_try, transforms_of

TYPE = "AdvertiserValueManipulatePreview"
LEADS_AT_MOST, VALUES_AT_MOST = 20, 100
LONGEST = 20_000
HIDDEN = "••••"
NAMES = {"source_field": "originalFieldName", "new_field": "newFieldName", "values": "config.values", "any_case": "config.any_case"}
_STEP = re.compile(r"steps(?:-([0-9]+))?(?:-(\w+))?")


@allowed(roles.MANAGES_CAMPAIGNS)
def preview(request: HttpRequest) -> HttpResponse:
    """Preview on `leads`, on `values` (objects of field names and texts), or without either on the last lead."""
    body = hydra.read_body(request)
    body.only("advertiser", "campaign", "type", "originalFieldName", "newFieldName", "config", "leads", "values")
    body.required("originalFieldName")
    who = hydra.caller(request)
    owner = _owner(who, body)
    definition = _definition(body)
    leads = [] if "values" in body else _leads(who, owner, body)
    samples = _values(body) if "values" in body else [(lead.captured, meta_of(lead)) for lead in leads]
    before = []
    if isinstance(owner, Campaign):
        before = [definition_of(transform).planned(transform.pk) for transform in transforms_of(owner)]
    results = previews.preview_results(definition, samples, before=before)
    records = [_record(who, lead, result) for lead, result in zip_longest(leads, results)]
    return hydra.in_hydra(request, {"@type": TYPE, "originalFieldName": definition.source_field, "results": records})


def _owner(who: Who, body: hydra.Body) -> Owner:
    if "campaign" in body:
        pk = hydra.reference(body["campaign"], "campaigns", field="campaign")
        return get_object_or_404(campaigns_for(who).distinct(), pk=pk)
    pk = hydra.reference(body.get("advertiser"), "advertisers", field="advertiser")
    return get_object_or_404(advertisers_for(who).distinct(), pk=pk)


def _definition(body: hydra.Body) -> Definition:
    config = body.get("config")
    if not isinstance(config, dict):
        raise DomainError('Must be an object, such as {"steps": [{"kind": "case", "to": "upper"}]}.', field="config")
    texts = {name: body.get(name, "") for name in ("originalFieldName", "newFieldName", "type")}
    if wrong := next((name for name, text in texts.items() if not isinstance(text, str)), None):
        raise DomainError("Must be a text.", field=wrong)
    source = texts["originalFieldName"]
    try:
        return clean_definition(Definition("Preview", texts["type"] or MANIPULATE, source, texts["newFieldName"] or source, config))
    except DomainError as refusal:
        raise DomainError(refusal.message, field=_body_property(refusal.field or "config"), status=refusal.status) from refusal


def _body_property(field: str) -> str:
    """Translate a field: `steps-0-find` → `config.steps[0].find`"""
    match = _STEP.fullmatch(field)
    if match is None:
        return NAMES.get(field, field)
    step = "config.steps" if match[1] is None else f"config.steps[{match[1]}]"
    return step if match[2] is None else f"{step}.{match[2]}"


def _leads(who: Who, owner: Owner, body: hydra.Body) -> list[Lead]:
    if "leads" not in body:
        last = lead_to_try(who, owner)
        return [last] if last else []
    references = body["leads"]
    if not isinstance(references, list) or not 0 < len(references) <= LEADS_AT_MOST:
        raise DomainError(f"Must be a list of 1 to {LEADS_AT_MOST} leads.", field="leads")
    ids = [hydra.reference(reference, "leads", field=f"leads[{index}]") for index, reference in enumerate(references)]
    of_owner = {"campaign": owner} if isinstance(owner, Campaign) else {"campaign__advertiser": owner}
    leads = leads_for(who).filter(**of_owner).in_bulk(ids)
    if missing := [index for index, pk in enumerate(ids) if pk not in leads]:
        raise hydra.HydraError((f"leads[{index}]", "There is no such lead here.") for index in missing)
    return [leads[pk] for pk in ids]


def _values(body: hydra.Body) -> list[tuple[dict[str, Any], dict[str, str]]]:
    values = body["values"]
    if not isinstance(values, list) or not 0 < len(values) <= VALUES_AT_MOST:
        raise DomainError(f"Must be a list of 1 to {VALUES_AT_MOST} objects.", field="values")
    for index, value in enumerate(values):
        if not isinstance(value, dict) or not all(isinstance(text, str) and len(text) <= LONGEST for text in value.values()):
            raise DomainError("Must be an object of field names and texts.", field=f"values[{index}]")
    return [(value, {}) for value in values]


def _record(who: Who, lead: Lead | None, result: TransformPreview) -> dict[str, Any]:
    """Return one result.

    A user who sees values masked only learns whether there is a new value: the author of the expression decides what
    its first characters would be.
    """
    hidden = lead is not None and not privacy.sees_values_of(who, lead)
    return {
        "lead": f"/api/v4/leads/{lead.pk}" if lead else None,
        "originalValue": privacy.mask_value(result.original) if hidden else result.original,
        "newValue": HIDDEN if hidden and result.value else result.value,
        "problem": result.problem or None,
    }
