"""The values of validation lists in API v4: suppression-list-values. The ETag lets a publisher's system keep a copy."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import hydra
from config.core.errors import DomainError
from leads.values.texts import fold
from processr.api.lists import READERS, etag_of, list_named, list_to_change, readable_list
from processr.lists import services
from processr.lists.kinds import LONGEST
from processr.lists.selectors import SEES_LISTS
from processr.models import ValidationList, ValidationListValue


class FoldedFilter(hydra.ParameterFilter):
    """By the whole value, however it is written."""

    def parse(self, text: str) -> str:
        return fold(text)


class ValueFilterSet(hydra.HydraFilterSet):
    list = hydra.IdFilter(name="suppressionList.id", needed=True, repeatable=False, description="The list that holds the values.")
    value = FoldedFilter("key", description="The whole value, however it is written.")


class ValueSerializer(hydra.HydraSerializer):
    """A value of a validation list."""

    class Meta:
        type = "SuppressionListValue"
        address = "suppression-list-values"

    id = hydra.IdField()
    value = hydra.JsonField(schema={"type": "string", "minLength": 1, "maxLength": LONGEST}, required=False)
    suppressionList = hydra.ReferenceField(
        "suppression-lists", show=lambda row: f"/api/v4/suppression-lists/{row.list_id}", shown_schema={"type": "string"}
    )


class NewValuesSerializer(ValueSerializer):
    """One value or several."""

    class Meta:
        type = "NewSuppressionListValues"
        address = "suppression-list-values"

    values = hydra.JsonField(schema={"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": LONGEST}}, required=False)


class AddedValuesSerializer(hydra.HydraSerializer):
    """The number of values that were added to a list, and of those that it had already."""

    class Meta:
        type = "AddedValues"
        address = ""

    suppressionList = serializers.CharField(read_only=True)
    added = serializers.IntegerField(read_only=True, min_value=0)
    repeated = serializers.IntegerField(read_only=True, min_value=0)


class ValueChangeSerializer(ValueSerializer):
    class Meta:
        type = "SuppressionListValueChange"
        address = "suppression-list-values"

    suppressionList = hydra.JsonField(schema={"type": "string"}, read_only=True)  # type: ignore[assignment]  # compared, not written


class ListValueViewSet(mixins.ListModelMixin, hydra.HydraViewSet):
    """The values of a validation list."""

    serializer_class = ValueSerializer
    filterset_class = ValueFilterSet
    orders = {"value": "key"}
    ordering = "value"
    roles = {**dict.fromkeys(("list", "retrieve"), READERS), **dict.fromkeys(("create", "update", "partial_update", "destroy"), SEES_LISTS)}
    noun = ("value of a list", "values of a list")
    examples = {"create": {"suppressionList": 1, "value": "Acme"}}
    cached = ("list",)

    def get_queryset(self) -> QuerySet[ValidationListValue]:
        return ValidationListValue.objects.filter(list=self.validation_list)

    def count(self, rows: QuerySet[ValidationListValue]) -> hydra.Total:
        return super().count(rows) if "value" in self.query.values else (self.validation_list.value_count, True)

    def list(self, request: Request) -> Response:
        self.validation_list = readable_list(request.user, self.query.value("suppressionList.id"))
        tag = f"{etag_of(self.validation_list)}-{request.get_full_path()}"
        return hydra.etagged(request, tag, lambda: super(ListValueViewSet, self).list(request))

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.item(self.get_object())

    @extend_schema(request=NewValuesSerializer, responses={201: ValueSerializer, 200: AddedValuesSerializer})
    def create(self, request: Request) -> Response:
        """Add `value`, or up to a thousand `values`.

        Values that are on the list already are left as they are.
        """
        sent = self.validated(NewValuesSerializer)
        values = sent["values"] if "values" in sent else [sent.get("value")]
        if not isinstance(values, list) or ("value" in sent) == ("values" in sent):
            raise DomainError("Give one value as `value`, or several as a list in `values`.", field="values")
        row = list_named(request.user, sent["suppressionList"], find=list_to_change)
        with _as_property("value" if "value" in sent else "values"):
            done = services.add_values(row, values, actor=self.actor)
        if "value" in sent:
            return self.created(ValidationListValue.objects.get(list=row, key=fold(values[0])))
        numbers = {"suppressionList": f"/api/v4/suppression-lists/{row.pk}", "added": done.added, "repeated": done.repeated}
        return Response(AddedValuesSerializer(numbers).data)

    @extend_schema(request=ValueChangeSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Replace a value. The new one has an id of its own."""
        value = self.validated(ValueChangeSerializer, partial=True).get("value")
        if value in (None, ""):
            raise DomainError("This value should not be blank.", field="value")
        row = self._value_to_change()
        refusal = "A value stays on its list: remove it here, and add it there."
        hydra.refuse_to_move(self.body, "suppressionList", "suppression-lists", present=row.list_id, refusal=refusal)
        with transaction.atomic(), _as_property("value"):
            services.remove_values(row.list, ids=[row.pk], actor=self.actor)
            services.add_values(row.list, [value], actor=self.actor)
        return self.item(ValidationListValue.objects.get(list=row.list, key=fold(value)))

    @extend_schema(request=ValueChangeSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        return self.update(request, pk)

    def destroy(self, request: Request, pk: str) -> Response:
        row = self._value_to_change()
        services.remove_values(row.list, ids=[row.pk], actor=self.actor)
        return Response(status=204)

    def get_object(self) -> ValidationListValue:
        row = ValidationListValue.objects.filter(pk=self.kwargs["pk"]).first()
        if row is None:
            raise Http404
        row.list = readable_list(self.request.user, row.list_id)
        return row

    def _value_to_change(self) -> ValidationListValue:
        row = self.get_object()
        row.list = list_to_change(self.request.user, row.list_id)
        return row

    validation_list: ValidationList


@contextmanager
def _as_property(name: str) -> Iterator[None]:
    """Report refusals of a value under this property of the body."""
    try:
        yield
    except DomainError as refusal:
        refusal.field = name if refusal.field else None
        raise
