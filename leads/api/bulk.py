"""Bulk actions in API v4: a few leads are processed within the request, more are queued as a run with its own address."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from config.core.ids import ids_in
from config.core.models import Run
from leads import bulk
from leads.bulk.actions import Reprocess
from leads.models import BulkAction
from leads.selectors import bulk_actions_for

LARGEST_BODY = 24 * 1024 * 1024
"""Bytes: a million ids of twenty digits with their separators."""
SKIPPED_AT_MOST = 1000
_IDS = {"type": "array", "items": hydra.ID, "minItems": 1, "maxItems": bulk.AT_MOST}
_SKIPPED = {"type": "object", "required": ["lead", "reason"], "properties": {"lead": hydra.ID, "reason": {"type": "string"}}}


class BulkActionSerializer(hydra.HydraSerializer):
    """A bulk action over leads. `processed` lists the leads of a small action and is left out for a large one."""

    class Meta:
        type = "BulkAction"
        address = "bulk-actions"

    id = hydra.IdField()
    type = serializers.CharField(read_only=True)
    state = serializers.ChoiceField(Run.State.values, read_only=True)
    total = serializers.IntegerField(read_only=True, min_value=0)
    processedCount = serializers.IntegerField(source="done", read_only=True, min_value=0)
    skippedCount = serializers.IntegerField(source="failed", read_only=True, min_value=0)
    processed = hydra.JsonField(schema={"type": "array", "items": hydra.ID}, read_only=True, required=False, show=bulk.moved_leads)
    skipped = hydra.JsonField(
        schema={"type": "array", "items": _SKIPPED, "description": f"The first {SKIPPED_AT_MOST}."},
        read_only=True,
        show=lambda action: [{"lead": pk, "reason": reason} for pk, reason in bulk.skipped_leads(action, at_most=SKIPPED_AT_MOST).items()],
    )
    error = serializers.CharField(read_only=True)

    def record(self, row: BulkAction) -> dict[str, Any]:
        record = super().record(row)
        if not (row.is_over and (row.total or 0) <= bulk.AT_ONCE):
            del record["processed"]
        return record


class ReprocessSerializer(hydra.HydraSerializer):
    """The leads to process once more. `confirm` is true, as that cannot be undone."""

    class Meta:
        type = "LeadsReprocess"
        address = ""

    leads = hydra.JsonField(schema=_IDS, required=False)
    confirm = hydra.JsonField(schema={"const": True}, required=False)


class BulkActionViewSet(mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The bulk actions over leads."""

    serializer_class = BulkActionSerializer
    roles = {"retrieve": roles.MANAGES_CAMPAIGNS}
    noun = ("bulk action", "bulk actions")

    def get_queryset(self) -> QuerySet[BulkAction]:
        return bulk_actions_for(self.request.user)


class ReprocessViewSet(hydra.HydraViewSet):
    serializer_class = BulkActionSerializer
    roles = {"create": roles.MANAGES_CAMPAIGNS}
    examples = {"create": {"leads": [1, 2], "confirm": True}}
    max_body = LARGEST_BODY
    max_values = bulk.AT_MOST + 100

    @extend_schema(request=ReprocessSerializer, responses={200: BulkActionSerializer, 202: BulkActionSerializer})
    def create(self, request: Request) -> Response:
        """Process leads once more, from the values they were captured with.

        A few are processed at once and answered with 200. More are queued and answered with 202; `@id` shows the progress.
        """
        values = self.validated(ReprocessSerializer)
        if values.get("confirm") is not True:
            raise DomainError("Must be true: the leads are processed once more, and that cannot be undone.", field="confirm")
        action = bulk.run_or_queue(Reprocess.key, _ids(values), actor=self.actor, settings={})
        return self.item(action, status=200 if action.is_over else 202)


def _ids(values: Mapping[str, Any]) -> list[int]:
    """Return the ids, given as numbers or texts.

    Text that is no id is refused; an id that the caller may not see is reported as *not found*.
    """
    leads = values.get("leads")
    if not isinstance(leads, list) or not leads:
        raise DomainError("Give the ids of the leads, as [1, 2].", field="leads")
    ids = [_id(lead) for lead in leads]
    if None in ids:
        raise DomainError("Each id is a whole number from 1 on.", field=f"leads[{ids.index(None)}]")
    return [pk for pk in ids if pk]


def _id(value: object) -> int | None:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return next(iter(ids_in([text])), None)
