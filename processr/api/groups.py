"""Job groups in API v4: campaign-processr-job-groups, and the group part of a job's record."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.api import hydra
from config.core.errors import DomainError
from processr import services
from processr.api.access import ProcessrViewSet, campaign_for
from processr.api.job_body import MEMBERSHIP
from processr.api.serializers import GroupNameSerializer, GroupSerializer
from processr.models import Job, JobGroup
from processr.selectors import groups_beside, groups_for

MANAGERS = roles.MANAGES_CAMPAIGNS


class GroupFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter("campaign_id", name="campaign.id")


class GroupViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ProcessrViewSet):
    """The job groups of campaigns."""

    serializer_class = GroupSerializer
    filterset_class = GroupFilterSet
    orders = {"id": "pk", "name": "name"}
    roles = dict.fromkeys(("list", "retrieve", "create", "partial_update", "destroy"), MANAGERS)
    noun = ("group", "groups")
    examples = {"create": {"campaign": 1, "name": "By region", "score": 10}, "partial_update": {"score": 30}}

    def get_queryset(self) -> QuerySet[JobGroup]:
        groups = groups_for(self.request.user).select_related("campaign")
        return groups.annotate(job_count=Count("jobs", filter=Q(jobs__removed_at=None)))

    def create(self, request: Request) -> Response:
        values = self.validated()
        group = services.create_group(campaign_for(request.user, values.pop("campaign")), actor=self.actor, **values)
        return self.created(self.get_queryset().get(pk=group.pk))

    @extend_schema(request=GroupNameSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        values = self.validated(GroupNameSerializer, partial=True)
        services.update_group(self.get_object().pk, actor=self.actor, name=values.get("name"), score=values.get("score"))
        return self.item(self.get_object())

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete one group; its jobs stay."""
        services.remove_group(self.get_object().pk, actor=self.actor)
        return Response(status=204)


def apply_group_body(job: Job, values: Mapping[str, Any], *, actor: Actor) -> None:
    """Apply the group part of a job's body: put the job into the group named and set the conditions named.

    Null takes the job out of its group. Without the part nothing changes.
    """
    if MEMBERSHIP not in values:
        return
    membership = values[MEMBERSHIP]
    if membership is None:
        services.put_in_group([job.pk], None, actor=actor)
        return
    if not isinstance(membership, dict) or "campaignProcessrJobGroup" not in membership:
        raise DomainError("Must be null, or an object with `campaignProcessrJobGroup` and `conditions`.", field="jobs")
    pk = hydra.reference(membership["campaignProcessrJobGroup"], GroupSerializer.Meta.address, field="group")
    group = groups_beside(job).filter(pk=pk).first()
    if group is None:
        raise DomainError("The campaign has no such group.", field="group")
    services.put_in_group([job.pk], group, actor=actor)
    if "conditions" in membership:
        services.set_conditions(job.pk, membership["conditions"], actor=actor)
