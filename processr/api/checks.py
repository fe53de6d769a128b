"""Checking values against a job without sending a lead.

A publisher's system uses this to withhold leads that would be refused.
"""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.core.api import hydra
from config.core.errors import DomainError
from leads.intake import normalize
from processr.api.campaigns import allowed
from processr.api.jobs import JOBS, READERS, TAKEN_OVER, job_seen_by
from processr.job_types.lead import BatchLead, LeadBatch
from processr.job_types.outcomes import OutcomeKind
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldName
from processr.models import Job
from processr.plans import planned

AT_MOST = 1_000
LONGEST = 2_000
ANSWERS = {OutcomeKind.PASSED: True, OutcomeKind.FAILED: False}
"""Results by outcome. Any other outcome says nothing about the value: null."""


@allowed(READERS, "checks")
def job_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Check `{"values": [...]}` and return `results`, one for each value, in their order."""
    job = job_seen_by(hydra.caller(request), pk)
    body = hydra.read_body(request)
    body.only("values")
    values = body.get("values")
    if not isinstance(values, list) or not all(isinstance(value, str) and len(value) <= LONGEST for value in values):
        raise DomainError(f"Must be a list of texts of at most {LONGEST} characters.", field="values")
    if not 0 < len(values) <= AT_MOST:
        raise DomainError(f"1 to {AT_MOST} values at a time.", field="values")
    address = f"/api/v4/{JOBS.name}/{job.pk}"
    results = check_values(job, values)
    return hydra.in_hydra(request, {"@type": "ProcessrJobCheck", "campaignProcessrJob": address, "results": results})


def check_values(job: Job, values: list[str]) -> list[bool | None]:
    """Run the type's own check over leads that consist of one value each."""
    job_type = job_types.get(job.type)
    if job_type is None or job_type.api_id not in TAKEN_OVER:
        raise DomainError("Values can be checked only against a validation list or a simple condition.", status=409)
    settings: dict[str, forms.Field] = job_type.Settings.base_fields
    setting = next(name for name, field in settings.items() if isinstance(field, FieldName))
    field_name = str(job.config.get(setting, settings[setting].initial))
    leads = [_sample_lead(number, {field_name: value}) for number, value in enumerate(values, start=1)]
    batch = LeadBatch(job.campaign_id, job.campaign.advertiser_id, leads, leads)
    check = job_type(planned(job))
    check.prepare(batch)
    return [ANSWERS.get(check.check(batch, lead).kind) for lead in leads]


def _sample_lead(number: int, values: dict[str, Any]) -> BatchLead:
    columns = normalize.columns(values)
    return BatchLead(
        id=number, publisher_id=None, email=columns["email"], phone=columns["phone"], name_key=columns["name_key"], ip=None,
        imported=False, is_test=False, created_at=timezone.now(), processing_counter=0, failed_jobs=frozenset(), captured=values,
        transformed={},
    )  # fmt: skip
