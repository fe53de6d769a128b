"""Bulk actions in API v4: a few leads are processed within the request, more are queued as a run with its own address.

Each address has a body of its own (`leads.api.bulk_bodies`); all else is that of `LeadsBulkViewSet`.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from config.core.ids import parse_id
from config.core.models import Run
from leads import bulk, privacy
from leads.api import bulk_preview, lead_ids
from leads.api.bulk_bodies import BulkBody, DeleteBody, DeliverBody, FlagBody, MetadataBody, ReprocessBody, UndeliverBody
from leads.api.bulk_preview import DryRun, DryRunSerializer
from leads.bulk import effects, results
from leads.bulk.actions import bulk_types
from leads.models import BulkAction
from leads.selectors import bulk_actions_for
from leads.statuses import Refusal

PROCESSED, SKIPPED = "processed", "skipped"
LISTED_AT_MOST = 1000
FIRST = f"The first {LISTED_AT_MOST:,}; all of them are the collection bulk-action-leads."


class BulkTypeFilter(hydra.TextFilter):
    """The key of a bulk type."""

    @property
    def schema(self) -> dict[str, Any]:  # type: ignore[override]  # upper apps register types until all are loaded
        return {"type": "string", "enum": sorted(bulk_types.keys())}

    def parse(self, text: str) -> str:
        if bulk_types.get(text) is None:
            raise ValueError(f"Must be one of: {', '.join(sorted(bulk_types.keys()))}.")
        return text


def _unknown(action: BulkAction) -> int:
    """Return the number of hashes that are of no lead its starter sees."""
    return int(action.selection_source.get(bulk.UNKNOWN, 0))


def _skipped(action: BulkAction) -> list[dict[str, Any]]:
    leads: dict[Any, str] = {**bulk.skipped_leads(action, at_most=LISTED_AT_MOST)}
    leads |= dict.fromkeys(action.selection_source.get(bulk.UNKNOWN_HASHES, ()), Refusal.NOT_FOUND)
    return [{"lead": lead, "reason": reason} for lead, reason in leads.items()]


class BulkActionFilterSet(hydra.HydraFilterSet):
    type = BulkTypeFilter("type")
    state = hydra.ChoiceFilter("state", choices={state.value: state.value for state in Run.State if state != Run.State.DRAFT})
    user = hydra.TextFilter("started_by__name", lookup="icontains", description="A part of the name of whoever saved it.")
    savedTs = hydra.MomentFilter("saved_at")


class BulkActionSerializer(hydra.HydraSerializer):
    """A bulk action over leads. `processed` is there once it is over.

    Lists have neither `processed` nor `skipped`; `bulk-action-leads` has all of both.
    """

    class Meta:
        type = "BulkAction"
        address = "bulk-actions"

    id = hydra.IdField()
    type = serializers.CharField(read_only=True)
    state = serializers.ChoiceField(Run.State.values, read_only=True)
    createdTs = hydra.MomentField(source="created_at", read_only=True)
    savedTs = hydra.MomentField(source="saved_at", read_only=True)
    user = hydra.JsonField(schema={"type": "string"}, read_only=True, show=lambda action: str(action.started_by or ""))
    undoes = hydra.JsonField(
        schema={"type": ["string", "null"], "format": "iri-reference", "description": "The action that it takes back."},
        read_only=True,
        show=lambda action: f"/api/v4/bulk-actions/{action.undoes_id}" if action.undoes_id else None,
    )
    total = hydra.JsonField(
        schema={"type": "integer", "minimum": 0}, read_only=True, show=lambda action: (action.total or 0) + _unknown(action)
    )
    processedCount = serializers.IntegerField(source="done", read_only=True, min_value=0)
    skippedCount = hydra.JsonField(
        schema={"type": "integer", "minimum": 0}, read_only=True, show=lambda action: action.failed + _unknown(action)
    )
    processed = hydra.JsonField(
        schema={"type": "array", "items": hydra.ID, "description": FIRST},
        read_only=True,
        required=False,
        show=lambda action: bulk.moved_leads(action, at_most=LISTED_AT_MOST),
    )
    skipped = hydra.JsonField(
        schema={"type": "array", "items": bulk_preview.SKIPPED, "description": FIRST},
        read_only=True,
        required=False,
        show=_skipped,
    )
    remarks = hydra.JsonField(
        schema={"type": "array", "items": {"type": "string"}, "description": "What became of it otherwise than was asked for, in words."},
        read_only=True,
        required=False,
        show=lambda _: [],  # the record has them, as its reader may read them
    )
    error = serializers.CharField(read_only=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields, of lists without the leads: these are many, and each action has them at its own address."""
        fields: dict[str, serializers.Field] = super().get_fields()
        if getattr(self.context.get("view"), "action", "") == "list":
            del fields["processed"], fields["skipped"], fields["remarks"]
        return fields

    def record(self, row: BulkAction) -> dict[str, Any]:
        """Return the record. Hashes are shown to whoever sent them, and to those who may know the hash of any lead."""
        record: dict[str, Any] = super().record(row)
        user = self.context["request"].user
        if "skipped" not in record:
            return record
        if row.started_by_id != user.pk and not privacy.sees_capabilities(user):
            record["skipped"] = [skipped for skipped in record["skipped"] if isinstance(skipped["lead"], int)]
        if row.is_over:
            record["remarks"] = effects.remarks(row, user)
        else:
            del record["processed"], record["remarks"]
        return record


class BulkActionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The bulk actions over leads, the newest first: one's own, and all of them for roles that see everything."""

    serializer_class = BulkActionSerializer
    filterset_class = BulkActionFilterSet
    roles = dict.fromkeys(("list", "retrieve"), roles.FLAGS_LEADS)
    orders = {"id": "pk", "savedTs": "saved_at"}
    ordering = "-id"
    noun = ("bulk action", "bulk actions")

    def get_queryset(self) -> QuerySet[BulkAction]:
        return bulk_actions_for(self.request.user)


class BulkActionLeadFilterSet(hydra.HydraFilterSet):
    bulkAction = hydra.IdFilter(name="bulkAction.id", needed=True, repeatable=False, description="The bulk action that the leads are of.")
    outcome = hydra.ChoiceFilter(
        choices={name: name for name in (PROCESSED, SKIPPED)}, needed=True, repeatable=False, description="What became of the leads."
    )


class BulkActionLeadSerializer(hydra.HydraSerializer):
    """A lead of a bulk action, and why it was skipped. Hashes that are of no lead are named by the action alone."""

    class Meta:
        type = "BulkActionLead"
        address = "bulk-action-leads"

    id = serializers.CharField(read_only=True)
    bulkAction = hydra.JsonField(schema={"type": "string", "format": "iri-reference"}, read_only=True)
    lead = hydra.JsonField(schema={"type": "string", "format": "iri-reference"}, read_only=True)
    outcome = serializers.ChoiceField([PROCESSED, SKIPPED], read_only=True)
    reason = serializers.CharField(read_only=True, help_text="Why it was skipped; empty for one that was processed.")


class BulkActionLeadViewSet(hydra.HydraViewSet):
    """The leads that a bulk action has processed, or those that it has skipped, by id. There are more while it runs."""

    serializer_class = BulkActionLeadSerializer
    filterset_class = BulkActionLeadFilterSet
    orders = {}
    roles = {"list": roles.FLAGS_LEADS}
    noun = ("lead of a bulk action", "leads of a bulk action")

    def list(self, request: Request) -> Response:
        query, outcome = self.query, self.query.value("outcome")
        action = bulk_actions_for(request.user).filter(pk=query.value("bulkAction.id")).first()
        if action is None:
            return self.page(hydra.CollectionPage([], 0))
        try:
            after = parse_id(query.after) if query.after else 0
        except ValueError as error:
            raise hydra.HydraError([("after", "Names no place in this order.")]) from error
        passed_over = 0 if query.after else (query.page - 1) * query.size
        found = results.leads_after(action, after, is_skipped=outcome == SKIPPED, passed_over=passed_over, at_most=query.size + 1)
        members = [_lead_record(action, pk, outcome, reason) for pk, reason in found[: query.size]]
        total = action.failed if outcome == SKIPPED else action.done
        last = str(found[query.size - 1][0]) if len(found) > query.size else ""
        return self.page(hydra.CollectionPage(members, total, last).map(self.get_serializer().record))


def _lead_record(action: BulkAction, pk: int, outcome: str, reason: str) -> dict[str, Any]:
    return {
        "id": f"{action.pk}-{pk}",
        "bulkAction": f"/api/v4/bulk-actions/{action.pk}",
        "lead": f"/api/v4/leads/{pk}",
        "outcome": outcome,
        "reason": reason,
    }


_ANSWER = PolymorphicProxySerializer(
    component_name="BulkActionOrDryRun", serializers=[BulkActionSerializer, DryRunSerializer], resource_type_field_name=None
)


def _takes(body: type[BulkBody]) -> Callable[[Any], Any]:
    return extend_schema(request=body, responses={200: _ANSWER, 202: BulkActionSerializer})


class LeadsBulkViewSet(hydra.HydraViewSet):
    """Begins bulk actions of one address. What is wrong with the body is refused before anything is begun."""

    serializer_class = BulkActionSerializer
    roles = {"create": roles.MANAGES_CAMPAIGNS}
    max_body = lead_ids.LARGEST_BODY
    max_values = lead_ids.MOST_VALUES

    def answer(self, body: type[BulkBody]) -> Response:
        """Run or queue the action that the body asks for, or show what it would do."""
        values, user = self.validated(body), self.request.user
        bulk_type, is_dry = body.type_of(values), values.get("dryRun", False)
        if refusal := bulk_type.refusal_for(user):
            raise DomainError(refusal, status=403)
        signature = "" if is_dry else body.signature_of(values, user)
        leads = lead_ids.take_leads(self.request, values["leads"], at_most=bulk_preview.AT_MOST if is_dry else bulk.AT_MOST)
        settings = body.settings_of(values, leads, user)
        if is_dry:
            preview = bulk.preview(bulk_type.key, leads.all_ids, actor=self.actor, settings=settings)
            return Response(DryRunSerializer(DryRun.of_leads(preview, leads, user)).data)
        action = bulk.run_if_few(
            bulk.begin(bulk_type.key, leads.all_ids, actor=self.actor, settings=settings, signature=signature, unknown=leads.unknown)
        )
        return self.item(action) if action.is_over else self.created(action, status=202)

    def _once(self, answer: Callable[[], HttpResponse]) -> HttpResponse:
        """Answer a dry run each time: it writes nothing, not even its key."""
        return answer() if self.body.get("dryRun") is True else super()._once(answer)


class FlagViewSet(LeadsBulkViewSet):
    roles = {"create": roles.FLAGS_LEADS}
    examples = {"create": {"leads": [1, 2], "flag": "valid", "reason": 1, "comment": "Called back", "integrations": []}}

    @_takes(FlagBody)
    def create(self, request: Request) -> Response:
        """Mark leads as Valid, Invalid or Test.

        Up to 100 are processed at once and answered with 200. More are queued and answered with 202; `Location` shows the progress.
        The call centre marks as Valid and Invalid alone.
        """
        return self.answer(FlagBody)


class DeliverViewSet(LeadsBulkViewSet):
    examples = {"create": {"leads": [1, 2], "signature": "Ann Example", "confirm": True}}

    @_takes(DeliverBody)
    def create(self, request: Request) -> Response:
        """Mark Valid leads as delivered, without sending them.

        Up to 100 are processed at once and answered with 200. More are queued and answered with 202; `Location` shows the progress.
        """
        return self.answer(DeliverBody)


class UndeliverViewSet(LeadsBulkViewSet):
    examples = {"create": {"leads": [1, 2], "signature": "Ann Example", "confirm": True}}

    @_takes(UndeliverBody)
    def create(self, request: Request) -> Response:
        """Mark delivered leads as not delivered.

        Up to 100 are processed at once and answered with 200. More are queued and answered with 202; `Location` shows the progress.
        """
        return self.answer(UndeliverBody)


class MetadataViewSet(LeadsBulkViewSet):
    examples = {"create": {"leads": [1, 2], "type": "replacement", "comment": "For lead 17"}}

    @_takes(MetadataBody)
    def create(self, request: Request) -> Response:
        """Mark leads as replacements or as none, or take their flags away.

        Up to 100 are processed at once and answered with 200. More are queued and answered with 202; `Location` shows the progress.
        """
        return self.answer(MetadataBody)


class DeleteViewSet(LeadsBulkViewSet):
    examples = {"create": {"leads": [1, 2], "confirm": True}}

    @_takes(DeleteBody)
    def create(self, request: Request) -> Response:
        """Delete leads.

        Up to 100 are processed at once and answered with 200. More are queued and answered with 202; `Location` shows the progress.
        Super Users and users of agencies need *Can delete leads*.
        """
        return self.answer(DeleteBody)


class ReprocessViewSet(LeadsBulkViewSet):
    examples = {"create": {"leads": [1, 2], "confirm": True}}

    @_takes(ReprocessBody)
    def create(self, request: Request) -> Response:
        """Process leads once more, from the values they were captured with.

        Up to 100 are processed at once and answered with 200. More are queued and answered with 202; `Location` shows the progress.
        """
        return self.answer(ReprocessBody)
