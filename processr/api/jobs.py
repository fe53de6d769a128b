"""Jobs on campaigns in API v4: campaign-processr-jobs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import parse_etags, quote_etag

from config.core.accounts import roles
from config.core.api import hydra
from config.core.api.hydra.filters import ID, read_id
from config.core.errors import DomainError
from config.core.models import User
from processr import services
from processr.api import job_body
from processr.api.campaigns import allowed, campaign_named
from processr.api.groups import apply_membership
from processr.api.records import CATEGORIES, Record, job_records, publisher_records, with_all
from processr.job_types.registry import job_types
from processr.models import Job
from processr.selectors import jobs_for
from processr.services import ChangedMeanwhile

MANAGERS = roles.MANAGES_CAMPAIGNS
READERS = MANAGERS | {roles.PUBLISHER}
TAKEN_OVER = frozenset({1115, 1118})
"""The vendor's numbers of Simple Conditional Validation and Validation List Check.

A publisher's own system can read these rules and check values against them.
"""


def _types_numbered(text: str) -> list[str]:
    number = read_id(text)
    return [job_type.key for job_type in job_types if job_type.api_id == number]


JOBS = hydra.Collection(
    "campaign-processr-jobs",
    "CampaignProcessrJob",
    filters={
        "campaign.id": hydra.by_id("campaign_id"),
        "processrJob.id": hydra.Filter(_types_numbered, "type", {"": "in"}, ID, "A number of the catalogue."),
        "processrJob.processrJobCategory.id": hydra.one_of(
            {str(number): category for category, (number, _) in CATEGORIES.items()},
            "category",
            "; ".join(f"{number}: {name}" for number, name in CATEGORIES.values()),
        ),
        "enabled": hydra.yes_or_no("enabled"),
        "shownOnCampaign": hydra.yes_or_no("visible"),
        "hardfail": hydra.yes_or_no("hardfail"),
        "label": hydra.text("label", "A part of it, whatever its capitals.", lookup="icontains"),
        "updatedTs": hydra.moments("updated_at"),
    },
    orders={"id": "pk", "stage": "stage", "label": "label", "updatedTs": "updated_at"},
)


@allowed(READERS)
def jobs_list(request: HttpRequest) -> HttpResponse:
    who = hydra.caller(request)
    return JOBS.answer(request, with_all(_jobs_for(who)), lambda jobs: _records(who, jobs))


@allowed(READERS)
def job_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _job_response(request, job_seen_by(hydra.caller(request), pk))


@allowed(MANAGERS)
def job_create(request: HttpRequest) -> HttpResponse:
    body = hydra.read_body(request)
    job_body.refuse_unknown(body)
    body.required("campaign", "processrJob")
    who = hydra.caller(request)
    campaign = campaign_named(who, body["campaign"])
    number = hydra.reference(body["processrJob"], "processr-jobs", field="processrJob")
    job_type = next((job_type for job_type in job_types if job_type.api_id == number), None)
    if job_type is None:
        raise DomainError("The catalogue has no such job.", field="processrJob")
    with transaction.atomic(), job_body.vendor_field_names():
        job = services.add_job(campaign, job_type.key, actor=hydra.actor(request), **job_body.changes_of(body, job_type))
        apply_membership(job, body, actor=hydra.actor(request))
    return JOBS.created(_records(who, [_reload(job.pk)])[0])


@allowed(MANAGERS)
def job_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the properties named in the body. With If-Match, changes that others have made since are not overwritten."""
    body = hydra.read_body(request)
    job_body.refuse_unknown(body)
    job = job_seen_by(hydra.caller(request), pk)
    job_type = job_types.get(job.type)
    job_body.refuse_moving(body, job, job_type.api_id if job_type else None)
    with transaction.atomic(), job_body.vendor_field_names(), _conflict_as_precondition():
        changes = job_body.changes_of(body, job_type, shown=job.visible)
        services.update_job(job.pk, actor=hydra.actor(request), changes=changes, seen_at=_version_seen(request, job))
        apply_membership(job, body, actor=hydra.actor(request))
    return _job_response(request, _reload(job.pk))


@allowed(MANAGERS)
def job_delete(request: HttpRequest, pk: int) -> HttpResponse:
    job = job_seen_by(hydra.caller(request), pk)
    with _conflict_as_precondition():
        services.remove_job(job.pk, actor=hydra.actor(request), seen_at=_version_seen(request, job))
    return hydra.gone()


def job_seen_by(who: User, pk: int) -> Job:
    job = with_all(_jobs_for(who)).filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


def _jobs_for(who: User) -> QuerySet[Job]:
    """Return the jobs that `who` sees: of a publisher, enabled jobs of the types in `TAKEN_OVER` alone."""
    jobs = jobs_for(who)
    if who.role != roles.PUBLISHER:
        return jobs
    return jobs.filter(enabled=True, type__in=[job_type.key for job_type in job_types if job_type.api_id in TAKEN_OVER])


def _records(who: User, jobs: Sequence[Job]) -> list[Record]:
    return publisher_records(jobs) if who.role == roles.PUBLISHER else job_records(jobs)


def _reload(pk: int) -> Job:
    """Reload the job after all changes."""
    return with_all(Job.objects.all()).get(pk=pk)


def _job_response(request: HttpRequest, job: Job) -> HttpResponse:
    response = JOBS.item(request, _records(hydra.caller(request), [job])[0])
    response["ETag"] = _etag(job)
    return response


def _etag(job: Job) -> str:
    """Return the ETag of a job's configuration. Its statistics do not change it."""
    return quote_etag(job.updated_at.isoformat())


def _version_seen(request: HttpRequest, job: Job) -> datetime | None:
    etags = parse_etags(request.headers.get("If-Match", ""))
    if not etags or "*" in etags:
        return None
    if _etag(job) not in etags:
        raise DomainError("This job was changed meanwhile.", status=412)
    return job.updated_at


@contextmanager
def _conflict_as_precondition() -> Iterator[None]:
    try:
        yield
    except ChangedMeanwhile as refusal:
        raise DomainError(str(refusal), status=412) from refusal
