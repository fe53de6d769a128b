"""The reasons of flags and their categories in API v4: lead-flag-reasons, lead-flag-reason-categories."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from leads.bulk import flag_reasons as services
from leads.models import FlagReason, FlagReasonCategory
from leads.selectors import all_flag_reasons, flag_reason_categories, flag_reasons

FLAGS = {flag: flag for flag in FlagReason.Flag.values}
_FLAG = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "enum": list(FLAGS)}}}


class FlagFilter(hydra.ChoiceFilter):
    """A filter by flag, in any case."""

    def parse(self, text: str) -> Any:
        return super().parse(text.strip().lower())


class FlagReasonFilterSet(hydra.HydraFilterSet):
    flag = FlagFilter("flag", name="leadFlag.name", choices=FLAGS, description="The flag that the reason is for; case is ignored.")


class CategoryFilterSet(hydra.HydraFilterSet):
    reason = hydra.IdFilter("reason", name="leadFlagReason.id", description="The reason that it belongs to.")


class FlagReasonSerializer(hydra.HydraSerializer):
    """A reason for a flag. One with `isOther` asks for the user's own text, one with `hasCategories` may have a category."""

    class Meta:
        type = "LeadFlagReason"
        address = "lead-flag-reasons"

    id = hydra.IdField()
    name = serializers.CharField(read_only=True)
    leadFlag = hydra.JsonField(schema=_FLAG, read_only=True, show=lambda reason: {"name": reason.flag})
    isOther = serializers.BooleanField(source="is_other", read_only=True)
    hasCategories = serializers.BooleanField(source="has_categories", read_only=True)


class FlagReasonCategorySerializer(hydra.HydraSerializer):
    """A category of a reason. It never changes, and is never deleted."""

    class Meta:
        type = "LeadFlagReasonCategory"
        address = "lead-flag-reason-categories"

    id = hydra.IdField()
    name = hydra.StringField(max_length=services.LONGEST_CATEGORY)
    leadFlagReason = hydra.ReferenceField("lead-flag-reasons", FlagReasonSerializer(), source="reason")


class _ShortCollection(hydra.HydraViewSet):
    """A collection that is short enough to be read whole, in its own order."""

    roles = dict.fromkeys(("list", "retrieve"), roles.FLAGS_LEADS)
    orders = {}

    def list(self, request: Request) -> Response:
        rows: Iterable[Any] = self.filter_queryset(self.get_queryset())
        return self.page_of_records(self.get_serializer(rows, many=True).data)

    def retrieve(self, request: Request, **kwargs: str) -> Response:
        return self.item(self.get_object())


class FlagReasonViewSet(_ShortCollection):
    """The reasons that may be chosen for a flag, in their order."""

    serializer_class = FlagReasonSerializer
    filterset_class = FlagReasonFilterSet
    noun = ("reason for a flag", "reasons for flags")

    def get_queryset(self) -> QuerySet[FlagReason]:
        return flag_reasons(FLAGS)


class FlagReasonCategoryViewSet(_ShortCollection):
    """The categories of reasons."""

    roles = {**_ShortCollection.roles, "create": roles.SUPPORT_STAFF}
    examples = {"create": {"name": "Not the right person", "leadFlagReason": 4}}
    serializer_class = FlagReasonCategorySerializer
    filterset_class = CategoryFilterSet
    noun = ("category of a reason", "categories of reasons")

    def get_queryset(self) -> QuerySet[FlagReasonCategory]:
        return flag_reason_categories()

    def create(self, request: Request) -> Response:
        """Add a category, which is permanent: it can never be edited or deleted."""
        values = self.validated()
        reason = all_flag_reasons().filter(pk=values["reason"]).first()
        if reason is None:
            raise DomainError("There is no such reason.", field="leadFlagReason")
        return self.created(services.add_category(reason, values["name"], actor=self.actor))
