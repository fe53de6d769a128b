"""The values of validation lists in API v4: suppression-list-values. The ETag lets a publisher's system keep a copy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from config.core.api import hydra
from config.core.errors import DomainError
from processr.api.lists import LISTS, READERS, list_named, list_to_read, tag_of
from processr.lists import services
from processr.lists.folding import fold
from processr.lists.selectors import SEES_LISTS
from processr.models import ValidationListValue

Record = dict[str, Any]
VALUES = hydra.Collection(
    "suppression-list-values",
    "SuppressionListValue",
    filters={
        "suppressionList.id": hydra.Filter(hydra.by_id().read, schema=hydra.by_id().schema, description="The list they are on."),
        "value": hydra.Filter(lambda text: fold(text), "key", description="The whole value, whatever its capitals."),
    },
    orders={"value": "key"},
    order="value",
    required=("suppressionList.id",),
)


@hydra.allowed(READERS)
def values_list(request: HttpRequest) -> HttpResponse:
    query = VALUES.read_query(request)
    validation_list = list_to_read(hydra.caller(request), query.values["suppressionList.id"])
    collection = replace(VALUES, total=lambda _: validation_list.value_count) if "value" not in query.values else VALUES
    rows = ValidationListValue.objects.filter(list=validation_list)
    etag = f"{tag_of(validation_list)}-{request.get_full_path()}"
    return hydra.etagged(request, etag, lambda: collection.answer(request, rows, _records, query=query))


@hydra.allowed(READERS)
def value_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return VALUES.item(request, _records([_find(request, pk)])[0])


@hydra.allowed(SEES_LISTS)
def value_create(request: HttpRequest) -> HttpResponse:
    """Add `value`, or up to a thousand `values`. Values that are on the list already are left as they are."""
    body = hydra.read_body(request)
    body.only("suppressionList", "value", "values")
    body.required("suppressionList")
    values = body["values"] if "values" in body else [body.get("value")]
    if not isinstance(values, list) or ("value" in body) == ("values" in body):
        raise DomainError("Give one value as `value`, or several as a list in `values`.", field="values")
    validation_list = list_named(hydra.caller(request), body["suppressionList"])
    with _refusals_under("value" if "value" in body else "values"):
        result = services.add_values(validation_list, values, actor=hydra.actor(request))
    if "value" in body:
        return VALUES.created(_records([ValidationListValue.objects.get(list=validation_list, key=fold(values[0]))])[0])
    counts = {"suppressionList": _list_address(validation_list.pk), "added": result.added, "repeated": result.repeated}
    return hydra.in_hydra(request, {"@type": "AddedValues", **counts})


@hydra.allowed(SEES_LISTS)
def value_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Replace a value. The new one has an id of its own."""
    body = hydra.read_body(request)
    body.only("id", "value", "suppressionList")
    body.required("value")
    row = _find(request, pk)
    with transaction.atomic(), _refusals_under("value"):
        services.remove_values(row.list, ids=[row.pk], actor=hydra.actor(request))
        services.add_values(row.list, [body["value"]], actor=hydra.actor(request))
    return VALUES.item(request, _records([ValidationListValue.objects.get(list=row.list, key=fold(body["value"]))])[0])


@hydra.allowed(SEES_LISTS)
def value_delete(request: HttpRequest, pk: int) -> HttpResponse:
    row = _find(request, pk)
    services.remove_values(row.list, ids=[row.pk], actor=hydra.actor(request))
    return hydra.gone()


@contextmanager
def _refusals_under(field: str) -> Iterator[None]:
    """Report refusals of a value under this property of the body."""
    try:
        yield
    except DomainError as refusal:
        refusal.field = field if refusal.field else None
        raise


def _find(request: HttpRequest, pk: int) -> ValidationListValue:
    """Return a value of a list that the user may read. Whoever sees the values may also change them."""
    row = ValidationListValue.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    row.list = list_to_read(hydra.caller(request), row.list_id)
    return row


def _records(rows: Sequence[ValidationListValue]) -> list[Record]:
    return [{"id": row.pk, "value": row.value, "suppressionList": _list_address(row.list_id)} for row in rows]


def _list_address(list_id: int) -> str:
    return f"/api/v4/{LISTS.name}/{list_id}"
