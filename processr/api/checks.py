"""Checking values against a job without sending a lead.

A publisher's system uses this to withhold leads that would be refused.
"""

from collections.abc import Collection

from django import forms
from django.utils import timezone

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.errors import DomainError
from leads.intake import normalize
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import OutcomeKind
from processr.job_types.registry import quality_type
from processr.job_types.settings_fields import FieldNameField
from processr.models import Job
from processr.plans import planned

VALUES_AT_MOST = 1_000
LONGEST_VALUE = 2_000
RESULTS = {OutcomeKind.PASSED: True, OutcomeKind.FAILED: False}
"""Results by outcome. Any other outcome says nothing about the value: null."""


def checkable_type(job: Job, checkable: Collection[int], *, who: Who) -> type[QualityCheck]:
    """Return the job's type. `checkable` are the numbers of the types that values can be checked against.

    Publishers check values against any such job, so many different ones a day: their leads must meet it. Others check
    against what they see.
    """
    job_type = quality_type(job.type)
    if job_type is None or job_type.api_id not in checkable:
        raise DomainError("Values can be checked only against a validation list or a simple condition.", status=409)
    if who.role != roles.PUBLISHER and (refusal := job_type.refusal_to_try(job.config, who)):
        raise DomainError(refusal, status=403)
    return job_type


def results_of(job: Job, values: list[str], job_type: type[QualityCheck]) -> list[bool | None]:
    """Run the type's own check over leads that consist of one value each."""
    names: dict[str, forms.Field] = job_type.Settings.base_fields
    setting = next(name for name, field in names.items() if isinstance(field, FieldNameField))
    field_name = str(job.config.get(setting, names[setting].initial))
    leads = [_lead_with(number, {field_name: value}) for number, value in enumerate(values, start=1)]
    job_input = JobInput(job.campaign_id, job.campaign.advertiser_id, leads, leads)
    check = job_type(planned(job))
    check.prepare(job_input)
    return [RESULTS.get(check.check(lead).kind) for lead in leads]


def _lead_with(number: int, values: dict[str, str]) -> JobLead:
    columns = normalize.columns(values)
    return JobLead(
        id=number, publisher_id=None, email=columns["email"], phone=columns["phone"], name_key=columns["name_key"], ip=None,
        imported=False, is_test=False, created_at=timezone.now(), processing_counter=0, failed_jobs=frozenset(), captured=values,
        transformed={},
    )  # fmt: skip
