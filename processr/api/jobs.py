"""Jobs on campaigns in API v4: campaign-processr-jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.http import parse_etags, quote_etag
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.accounts import roles
from config.core.api import distinct_values, hydra
from config.core.errors import DomainError
from processr import services
from processr.api import job_body
from processr.api.access import ProcessrViewSet, campaign_for
from processr.api.checks import LONGEST_VALUE, VALUES_AT_MOST, checkable_type, results_of
from processr.api.groups import apply_group_body
from processr.api.serializers import CATEGORIES, JobChangeSerializer, JobSerializer, RuleSerializer, with_all
from processr.job_types.base import JobType
from processr.job_types.registry import job_types
from processr.models import Job
from processr.selectors import jobs_for
from processr.services import ChangedMeanwhile

MANAGERS = roles.MANAGES_CAMPAIGNS
READERS = MANAGERS | {roles.PUBLISHER}
RULES_FOR_PUBLISHERS = frozenset({1115, 1118})
"""The vendor's numbers of Simple Conditional Validation and Validation List Check.

A publisher's own system can read these rules and check values against them.
"""


class TypeFilter(hydra.IdFilter):
    """By the number of a type in the catalogue."""

    def condition(self, values: list[int]) -> Q:
        return Q(type__in=[job_type.key for job_type in job_types if job_type.api_id in values])


class JobFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter("campaign_id", name="campaign.id")
    job_type = TypeFilter("type", name="processrJob.id", description="A number of the catalogue.")
    category = hydra.ChoiceFilter(
        "category",
        name="processrJob.processrJobCategory.id",
        choices={str(number): category for category, (number, _) in CATEGORIES.items()},
        description="; ".join(f"{number}: {name}" for number, name in CATEGORIES.values()),
    )
    enabled = hydra.BooleanFilter("enabled")
    shown = hydra.BooleanFilter("visible", name="shownOnCampaign")
    hardfail = hydra.BooleanFilter("hardfail")
    label = hydra.TextFilter("label", lookup="icontains", description="A part of it; case is ignored.")
    updated = hydra.MomentFilter("updated_at", name="updatedTs")


class CheckSerializer(hydra.HydraSerializer):
    """The results of a check, in the order of the values; null where the rule says nothing about a value."""

    class Meta:
        type = "ProcessrJobCheck"
        address = ""

    campaignProcessrJob = serializers.CharField(read_only=True)
    values = hydra.ListField(
        child=hydra.StringField(max_length=LONGEST_VALUE, allow_blank=True), min_length=1, max_length=VALUES_AT_MOST, write_only=True
    )
    results = serializers.ListField(child=serializers.BooleanField(allow_null=True), read_only=True)


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ProcessrViewSet):
    """The jobs on campaigns. A publisher reads the validation lists and simple conditions that its leads must meet."""

    serializer_class = JobSerializer
    filterset_class = JobFilterSet
    orders = {"id": "pk", "stage": "stage", "label": "label", "updatedTs": "updated_at"}
    roles = {
        **{"list": READERS, "retrieve": READERS, "check": READERS},
        **dict.fromkeys(("create", "partial_update", "destroy"), MANAGERS),
    }
    limits = {"check": ("checks",)}
    noun = ("job", "jobs")
    conditional = ("partial_update", "destroy")
    refusals = dict.fromkeys(conditional, {"412": "The job was changed meanwhile: If-Match names another state."})
    examples = {
        "create": {"campaign": 1, "processrJob": 1003, "label": "No tests", "score": 20, "config": []},
        "partial_update": {"score": 30},
        "check": {"values": ["Acme"]},
    }

    def get_queryset(self) -> QuerySet[Job]:
        """Return the jobs that the user sees: of a publisher, enabled jobs of the types in `RULES_FOR_PUBLISHERS` alone."""
        jobs = with_all(jobs_for(self.request.user))
        if self.request.user.role != roles.PUBLISHER:
            return jobs
        return jobs.filter(enabled=True, type__in=[job_type.key for job_type in job_types if job_type.api_id in RULES_FOR_PUBLISHERS])

    def get_serializer_class(self) -> type[hydra.HydraSerializer]:
        if self.action == "check":
            return CheckSerializer
        described = getattr(self, "swagger_fake_view", False)  # drf-spectacular reads the view without a user
        return RuleSerializer if not described and self.request.user.role == roles.PUBLISHER else JobSerializer

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._with_etag(self.get_object())

    def create(self, request: Request) -> Response:
        values = self.validated()
        campaign, job_type = campaign_for(request.user, values["campaign"]), _type_numbered(values["processrJob"])
        with transaction.atomic(), job_body.vendors_names():
            job = services.add_job(campaign, job_type.key, actor=self.actor, **job_body.changes_of(values, job_type))
            apply_group_body(job, values, actor=self.actor)
            job_body.apply_parts(job, values, actor=self.actor)
        return self.created(self.get_queryset().get(pk=job.pk))

    @extend_schema(request=JobChangeSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the properties named in the body.

        With If-Match, changes that others have made since are not overwritten.
        """
        values = self.validated(JobChangeSerializer, partial=True)
        job = self.get_object()
        job_type = job_types.get(job.type)
        job_body.refuse_moving(self.body, job, job_type.api_id if job_type else None)
        with transaction.atomic(), job_body.vendors_names(), _as_precondition():
            changes = job_body.changes_of(values, job_type, shown=job.visible)
            services.update_job(job.pk, actor=self.actor, changes=changes, seen_at=_seen_at(request, job))
            apply_group_body(job, values, actor=self.actor)
            job_body.apply_parts(job, values, actor=self.actor)
        return self._with_etag(self.get_object())

    def destroy(self, request: Request, pk: str) -> Response:
        job = self.get_object()
        with _as_precondition():
            services.remove_job(job.pk, actor=self.actor, seen_at=_seen_at(request, job))
        return Response(status=204)

    @extend_schema(request=CheckSerializer, responses=CheckSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:
        """Check values against a validation list or a simple condition, without sending a lead."""
        job = self.get_object()
        values = self.validated()["values"]
        job_type = checkable_type(job, RULES_FOR_PUBLISHERS, who=request.user)
        distinct_values.check(f"user:{request.user.pk}", f"job:{job.pk}", values, at_most=job.campaign.checked_values_per_day)
        results = results_of(job, values, job_type)
        return self.item({"campaignProcessrJob": f"/api/v4/campaign-processr-jobs/{job.pk}", "results": results})

    def _with_etag(self, job: Job) -> Response:
        response = self.item(job)
        response["ETag"] = _state(job)
        return response


def _state(job: Job) -> str:
    """Return the ETag of a job's configuration. Its statistics do not change it."""
    return quote_etag(job.updated_at.isoformat())


def _seen_at(request: Request, job: Job) -> datetime | None:
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


def _type_numbered(number: Any) -> type[JobType]:
    for job_type in job_types:
        if job_type.api_id == number:
            return job_type
    raise DomainError("The catalogue has no such job.", field="processrJob")
