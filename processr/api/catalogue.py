"""The catalogue of job types in API v4: processr-jobs, each with its settings as JSON Schema."""

from django.http import Http404, HttpRequest, HttpResponse

from config.core.accounts import roles
from config.core.api import hydra
from processr.api.campaigns import allowed
from processr.api.records import CATEGORIES, Record, type_record
from processr.job_types.base import JobType
from processr.job_types.json_schema import settings_schema
from processr.selectors import catalogue

TYPES = hydra.Collection(
    "processr-jobs",
    "ProcessrJob",
    filters={
        "processrJobCategory.id": hydra.one_of({str(number): category for category, (number, _) in CATEGORIES.items()}),
        "hasCredentialManager": hydra.yes_or_no(description="Whether jobs of the type can use a credential."),
    },
    orders={},
)


@allowed(roles.MANAGES_CAMPAIGNS)
def job_types_list(request: HttpRequest) -> HttpResponse:
    query = TYPES.read_query(request)
    types = catalogue(query.values.get("processrJobCategory.id"))
    with_credential = query.values.get("hasCredentialManager")
    records = [_record(job_type) for job_type in types if with_credential in (None, _takes_credential(job_type))]
    return TYPES.whole(request, records, query=query)


@allowed(roles.MANAGES_CAMPAIGNS)
def job_type_detail(request: HttpRequest, pk: int) -> HttpResponse:
    for job_type in catalogue():
        if job_type.api_id == pk:
            return TYPES.item(request, _record(job_type))
    raise Http404


def _record(job_type: type[JobType]) -> Record:
    return {**type_record(job_type), "hasCredentialManager": _takes_credential(job_type), "settings": settings_schema(job_type)}


def _takes_credential(job_type: type[JobType]) -> bool:
    return "credential" in job_type.Settings.base_fields
