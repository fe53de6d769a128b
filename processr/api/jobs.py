"""Jobs on campaigns in API v4: campaign-processr-jobs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

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
from processr.api import job_reading
from processr.api.campaigns import allowed, campaign_named
from processr.api.groups import put_where_it_says
from processr.api.records import CATEGORIES, Record, job_records, publisher_records, with_all
from processr.job_types.base import JobType
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


def _of_type(text: str) -> list[str]:
    number = read_id(text)
    return [job_type.key for job_type in job_types if job_type.api_id == number]


JOBS = hydra.Collection(
    "campaign-processr-jobs",
    "CampaignProcessrJob",
    filters={
        "campaign.id": hydra.by_id("campaign_id"),
        "processrJob.id": hydra.Filter(_of_type, "type", {"": "in"}, ID, "The id of the type in the catalogue."),
        "processrJob.processrJobCategory.id": hydra.one_of(
            {str(number): category for category, (number, _) in CATEGORIES.items()},
            "category",
            "; ".join(f"{number}: {name}" for number, name in CATEGORIES.values()),
        ),
        "enabled": hydra.yes_or_no("enabled"),
        "shownOnCampaign": hydra.yes_or_no("visible"),
        "hardfail": hydra.yes_or_no("hardfail"),
        "label": hydra.text("label", "A part of the label, regardless of upper and lower case.", lookup="icontains"),
        "updatedTs": hydra.moments("updated_at"),
    },
    orders={"id": "pk", "stage": "stage", "label": "label", "updatedTs": "updated_at"},
)


@allowed(READERS)
def jobs_list(request: HttpRequest) -> HttpResponse:
    who = hydra.caller(request)
    return JOBS.answer(request, with_all(_seen_by(who)), lambda jobs: _records(who, jobs))


@allowed(READERS)
def job_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _item(request, job_seen_by(hydra.caller(request), pk))


@allowed(MANAGERS)
def job_create(request: HttpRequest) -> HttpResponse:
    body = hydra.read_body(request)
    job_reading.refuse_unknown(body)
    body.required("campaign", "processrJob")
    who = hydra.caller(request)
    campaign, job_type = campaign_named(who, body["campaign"]), _type_named(body["processrJob"])
    with transaction.atomic(), job_reading.vendors_names():
        job = services.add_job(campaign, job_type.key, actor=hydra.actor(request), **job_reading.changes_of(body, job_type))
        put_where_it_says(job, body, actor=hydra.actor(request))
    return JOBS.created(_records(who, [_again(job.pk)])[0])


@allowed(MANAGERS)
def job_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the properties named in the body. With If-Match, changes that others have made since are not overwritten."""
    body = hydra.read_body(request)
    job_reading.refuse_unknown(body)
    job = job_seen_by(hydra.caller(request), pk)
    job_type = job_types.get(job.type)
    job_reading.refuse_moving(body, job, job_type.api_id if job_type else None)
    with transaction.atomic(), job_reading.vendors_names(), _as_precondition():
        changes = job_reading.changes_of(body, job_type, shown=job.visible)
        services.update_job(job.pk, actor=hydra.actor(request), changes=changes, seen_at=_seen_at(request, job))
        put_where_it_says(job, body, actor=hydra.actor(request))
    return _item(request, _again(job.pk))


@allowed(MANAGERS)
def job_delete(request: HttpRequest, pk: int) -> HttpResponse:
    job = job_seen_by(hydra.caller(request), pk)
    with _as_precondition():
        services.remove_job(job.pk, actor=hydra.actor(request), seen_at=_seen_at(request, job))
    return hydra.gone()


def job_seen_by(who: User, pk: int) -> Job:
    job = with_all(_seen_by(who)).filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


def _seen_by(who: User) -> QuerySet[Job]:
    """Return the jobs that `who` sees: of a publisher, enabled jobs of the types in `TAKEN_OVER` alone."""
    jobs = jobs_for(who)
    if who.role != roles.PUBLISHER:
        return jobs
    return jobs.filter(enabled=True, type__in=[job_type.key for job_type in job_types if job_type.api_id in TAKEN_OVER])


def _records(who: User, jobs: Sequence[Job]) -> list[Record]:
    return publisher_records(jobs) if who.role == roles.PUBLISHER else job_records(jobs)


def _again(pk: int) -> Job:
    """Reload the job after all changes."""
    return with_all(Job.objects.all()).get(pk=pk)


def _item(request: HttpRequest, job: Job) -> HttpResponse:
    response = JOBS.item(request, _records(hydra.caller(request), [job])[0])
    response["ETag"] = _state(job)
    return response


def _state(job: Job) -> str:
    """Return the ETag of a job's configuration. Its statistics do not change it."""
    return quote_etag(job.updated_at.isoformat())


def _seen_at(request: HttpRequest, job: Job) -> datetime | None:
    known = parse_etags(request.headers.get("If-Match", ""))
    if not known or "*" in known:
        return None
    if _state(job) not in known:
        raise DomainError("This job was changed meanwhile.", status=412)
    return job.updated_at


@contextmanager
def _as_precondition() -> Iterator[None]:
    try:
        yield
    except ChangedMeanwhile as refusal:
        raise DomainError(str(refusal), status=412) from refusal


def _type_named(value: Any) -> type[JobType]:
    number = hydra.reference(value, "processr-jobs", field="processrJob")
    for job_type in job_types:
        if job_type.api_id == number:
            return job_type
    raise DomainError("The catalogue has no such job.", field="processrJob")
