"""Validation lists in API v4, under the vendor's name for them: suppression-lists."""

from collections.abc import Callable

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Advertiser
from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from config.core.models import User
from processr.lists import services
from processr.lists.selectors import (
    SEES_LISTS,
    SEES_PRIVATE_VALUES,
    SEES_SYSTEM_LISTS,
    advertisers_with_lists,
    lists_for,
    lists_of_rules,
    refusal_to_change,
    refusal_to_create,
    sees_values,
)
from processr.lists.services import LONGEST_NAME
from processr.models import ValidationList

FIXED_ADVERTISER = "The advertiser of a list cannot be changed: make another list for it."
READERS = SEES_LISTS | {roles.PUBLISHER}


class ValidationListFilterSet(hydra.HydraFilterSet):
    advertiser = hydra.IdFilter("advertiser_id", name="advertiser.id", description="Lists of the system have none.")
    name = hydra.TextFilter("name", lookup="icontains", description="A part of it; case is ignored.")
    private = hydra.BooleanFilter("private")
    updated = hydra.MomentFilter("updated_at", name="updatedTs")


class ListSerializer(hydra.HydraSerializer):
    """A validation list."""

    class Meta:
        type = "SuppressionList"
        address = "suppression-lists"

    id = hydra.IdField()
    name = hydra.StringField(max_length=LONGEST_NAME)
    advertiser = hydra.ReferenceField(
        "advertisers",
        required=False,
        allow_null=True,
        show=lambda row: {"id": row.advertiser.pk, "name": row.advertiser.name} if row.advertiser else None,
        shown_schema={"type": ["object", "null"]},
    )
    private = hydra.BooleanField(required=False)
    valueCount = serializers.IntegerField(source="value_count", read_only=True, min_value=0)
    version = serializers.IntegerField(read_only=True, min_value=0)
    updatedTs = hydra.MomentField(source="updated_at", read_only=True)


class ListChangeSerializer(ListSerializer):
    """The body of a change. The advertiser of a list cannot be changed: it may be sent back as it is."""

    class Meta:
        type = "SuppressionListChange"
        address = "suppression-lists"

    advertiser = hydra.JsonField(schema={"type": ["object", "null"]}, read_only=True)  # type: ignore[assignment]  # compared, not written


class ListViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The validation lists. An ETag changes with the values and the properties of a list."""

    serializer_class = ListSerializer
    filterset_class = ValidationListFilterSet
    orders = {"id": "pk", "name": "name", "updatedTs": "updated_at"}
    roles = {**dict.fromkeys(("list", "retrieve"), READERS), **dict.fromkeys(("create", "update", "partial_update", "destroy"), SEES_LISTS)}
    noun = ("validation list", "validation lists")
    examples = {"create": {"name": "Key accounts"}}
    refusals = {"destroy": {"409": "The list is used by jobs, which are named."}}
    cached = ("retrieve",)

    def get_queryset(self) -> QuerySet[ValidationList]:
        return lists_seen_by(self.request.user)

    def retrieve(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        return hydra.etagged(request, etag_of(row), lambda: self.item(row))

    def create(self, request: Request) -> Response:
        values = self.validated()
        user, private = request.user, values.get("private", False)
        advertiser = _advertiser_for(user, values.get("advertiser"))
        if refusal := refusal_to_create(user, advertiser):
            raise DomainError(refusal, field="advertiser", status=403)
        if user.role == roles.ADVERTISER_REPORT:
            private = values.get("private", True)
        _check_private(user, private)
        return self.created(services.create_list(values["name"], advertiser=advertiser, private=private, actor=self.actor))

    @extend_schema(request=ListChangeSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Change name and privacy. Properties that are not named are kept."""
        values = self.validated(ListChangeSerializer, partial=True)
        row = list_to_change(request.user, int(pk))
        hydra.refuse_to_move(self.body, "advertiser", "advertisers", present=row.advertiser_id, refusal=FIXED_ADVERTISER)
        _check_private(request.user, values.get("private"))
        return self.item(services.change_list(row.pk, name=values.get("name"), private=values.get("private"), actor=self.actor))

    @extend_schema(request=ListChangeSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        return self.update(request, pk)

    def destroy(self, request: Request, pk: str) -> Response:
        services.delete_list(list_to_change(request.user, int(pk)).pk, who=request.user, actor=self.actor)
        return Response(status=204)


def lists_seen_by(user: User) -> QuerySet[ValidationList]:
    lists = lists_of_rules(user) if user.role == roles.PUBLISHER else lists_for(user)
    return lists.select_related("advertiser")


def readable_list(user: User, pk: int) -> ValidationList:
    """Return a list whose values the user sees. Raise Http404, or DomainError for a private list."""
    row = lists_seen_by(user).filter(pk=pk).first()
    if row is None:
        raise Http404
    if not sees_values(user, row):
        raise DomainError("The values of this list are private.", status=403)
    return row


def list_to_change(user: User, pk: int) -> ValidationList:
    """Return a list that the user may change. Raise Http404, or DomainError with the reason why they may not."""
    row = readable_list(user, pk)
    if refusal := refusal_to_change(user, row):
        raise DomainError(refusal, status=403)
    return row


def list_named(user: User, pk: int, *, find: Callable[[User, int], ValidationList]) -> ValidationList:
    """Return the list that a body names, found by `readable_list` or `list_to_change`. Raise DomainError if the user cannot see it."""
    try:
        return find(user, pk)
    except Http404:
        raise DomainError("There is no such list.", field="suppressionList") from None


def etag_of(row: ValidationList) -> str:
    return f"{row.pk}-{row.version}-{row.updated_at.timestamp():.6f}"


def _advertiser_for(user: User, pk: int | None) -> Advertiser | None:
    """Return the advertiser, or None for a list of the system."""
    if pk is None and user.role in SEES_SYSTEM_LISTS:
        return None
    if pk is None:
        raise DomainError("Must be an id, or an address as /api/v4/advertisers/1.", field="advertiser")
    advertiser = advertisers_with_lists(user).filter(pk=pk).first()
    if advertiser is None:
        raise DomainError("There is no such advertiser.", field="advertiser")
    return advertiser


def _check_private(user: User, private: bool | None) -> None:
    if private and user.role not in SEES_PRIVATE_VALUES:
        raise DomainError("You would not see its values yourself any more.", field="private", status=403)
    if private is False and user.role == roles.ADVERTISER_REPORT:
        raise DomainError("Your lists are private; Admin and Super User can change that.", field="private", status=403)
