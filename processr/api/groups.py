"""Job groups in API v4: campaign-processr-job-groups, and the group part of a job's record."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from campaigns.selectors import campaigns_for
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.api import hydra
from config.core.errors import DomainError
from config.core.models import User
from processr import services
from processr.api.campaigns import allowed, campaign_named
from processr.api.job_body import MEMBERSHIP
from processr.api.records import Record, campaign_record, group_record
from processr.models import Job, JobGroup

MANAGERS = roles.MANAGES_CAMPAIGNS
GROUPS = hydra.Collection(
    "campaign-processr-job-groups",
    "CampaignProcessrJobGroup",
    filters={"campaign.id": hydra.by_id("campaign_id")},
    orders={"id": "pk", "name": "name"},
)


@allowed(MANAGERS)
def groups_list(request: HttpRequest) -> HttpResponse:
    return GROUPS.answer(request, _groups_for(hydra.caller(request)), lambda groups: [_record(group) for group in groups])


@allowed(MANAGERS)
def group_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return GROUPS.item(request, _record(_find(hydra.caller(request), pk)))


@allowed(MANAGERS)
def group_create(request: HttpRequest) -> HttpResponse:
    body = hydra.read_body(request)
    body.only("campaign", "name", "score")
    body.required("campaign", "name")
    who = hydra.caller(request)
    campaign = campaign_named(who, body["campaign"])
    more = {"score": body["score"]} if "score" in body else {}
    group = services.create_group(campaign, name=body["name"], actor=hydra.actor(request), **more)
    return GROUPS.created(_record(_find(who, group.pk)))


@allowed(MANAGERS)
def group_update(request: HttpRequest, pk: int) -> HttpResponse:
    body = hydra.read_body(request)
    body.only("name", "score")
    who = hydra.caller(request)
    services.update_group(_find(who, pk).pk, actor=hydra.actor(request), name=body.get("name"), score=body.get("score"))
    return GROUPS.item(request, _record(_find(who, pk)))


@allowed(MANAGERS)
def group_delete(request: HttpRequest, pk: int) -> HttpResponse:
    services.remove_group(_find(hydra.caller(request), pk).pk, actor=hydra.actor(request))
    return hydra.gone()


def apply_membership(job: Job, body: Mapping[str, Any], *, actor: Actor) -> None:
    """Apply the group part of a job's body: put the job into the group named and set the conditions named.

    Null takes the job out of its group. Without the part nothing changes.
    """
    if MEMBERSHIP not in body:
        return
    membership = body[MEMBERSHIP]
    if membership is None:
        services.put_in_group([job.pk], None, actor=actor)
        return
    if not isinstance(membership, dict) or "campaignProcessrJobGroup" not in membership:
        raise DomainError("Must be null, or an object with `campaignProcessrJobGroup` and `conditions`.", field="jobs")
    pk = hydra.reference(membership["campaignProcessrJobGroup"], GROUPS.name, field="group")
    group = JobGroup.objects.filter(pk=pk, campaign=job.campaign_id).first()
    if group is None:
        raise DomainError("The campaign has no such group.", field="group")
    services.put_in_group([job.pk], group, actor=actor)
    if "conditions" in membership:
        services.set_conditions(job.pk, membership["conditions"], actor=actor)


def _groups_for(who: User) -> QuerySet[JobGroup]:
    groups = JobGroup.objects.filter(campaign__in=campaigns_for(who)).select_related("campaign")
    return groups.annotate(job_count=Count("jobs", filter=Q(jobs__removed_at=None)))


def _find(who: User, pk: int) -> JobGroup:
    group = _groups_for(who).filter(pk=pk).first()
    if group is None:
        raise Http404
    return group


def _record(group: Any) -> Record:
    return {**group_record(group), "campaign": campaign_record(group.campaign), "jobCount": group.job_count}
