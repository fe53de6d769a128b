"""The values of validation lists in API v4: suppression-list-values. The ETag lets a publisher's system keep a copy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from config.core.api import hydra
from config.core.errors import DomainError
from processr.api.lists import LISTS, READERS, list_named, list_to_change, list_to_read, tag_of
from processr.lists import services
from processr.lists.folding import fold
from processr.lists.selectors import SEES_LISTS
from processr.models import ValidationListValue

Record = dict[str, Any]
VALUES = hydra.Collection(
    "suppression-list-values",
    "SuppressionListValue",
    filters={
        "suppressionList.id": hydra.Filter(hydra.by_id().read, schema=hydra.by_id().schema, description="The id of the list."),
        "value": hydra.Filter(lambda text: fold(text), "key", description="The whole value, regardless of upper and lower case."),
    },
    orders={"value": "key"},
    order="value",
    required=("suppressionList.id",),
)


@hydra.allowed(READERS)
def values_list(request: HttpRequest) -> HttpResponse:
    asked = VALUES.read_query(request)
    one = list_to_read(hydra.caller(request), asked.values["suppressionList.id"])
    whole = replace(VALUES, total=lambda _: one.value_count) if "value" not in asked.values else VALUES
    rows = ValidationListValue.objects.filter(list=one)
    return hydra.etagged(request, f"{tag_of(one)}-{request.get_full_path()}", lambda: whole.answer(request, rows, _records, query=asked))


@hydra.allowed(READERS)
def value_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return VALUES.item(request, _records([_found(request, pk)])[0])


@hydra.allowed(SEES_LISTS)
def value_create(request: HttpRequest) -> HttpResponse:
    """Add `value`, or up to a thousand `values`. Values that are on the list already are left as they are."""
    body = hydra.read_body(request)
    body.only("suppressionList", "value", "values")
    body.required("suppressionList")
    values = body["values"] if "values" in body else [body.get("value")]
    if not isinstance(values, list) or ("value" in body) == ("values" in body):
        raise DomainError("Give one value as `value`, or several as a list in `values`.", field="values")
    one = list_named(hydra.caller(request), body["suppressionList"])
    with _under("value" if "value" in body else "values"):
        done = services.add_values(one, values, actor=hydra.actor(request))
    if "value" in body:
        return VALUES.created(_records([ValidationListValue.objects.get(list=one, key=fold(values[0]))])[0])
    told = {"suppressionList": _address(one.pk), "added": done.added, "repeated": done.repeated}
    return hydra.in_hydra(request, {"@type": "AddedValues", **told})


@hydra.allowed(SEES_LISTS)
def value_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Replace a value. The new one has an id of its own."""
    body = hydra.read_body(request)
    body.only("id", "value", "suppressionList")
    body.required("value")
    row = _found(request, pk, to_change=True)
    with transaction.atomic(), _under("value"):
        services.remove_values(row.list, ids=[row.pk], actor=hydra.actor(request))
        services.add_values(row.list, [body["value"]], actor=hydra.actor(request))
    return VALUES.item(request, _records([ValidationListValue.objects.get(list=row.list, key=fold(body["value"]))])[0])


@hydra.allowed(SEES_LISTS)
def value_delete(request: HttpRequest, pk: int) -> HttpResponse:
    row = _found(request, pk, to_change=True)
    services.remove_values(row.list, ids=[row.pk], actor=hydra.actor(request))
    return hydra.gone()


@contextmanager
def _under(field: str) -> Iterator[None]:
    """Report refusals of a value under this property of the body."""
    try:
        yield
    except DomainError as refusal:
        refusal.field = field if refusal.field else None
        raise


def _found(request: HttpRequest, pk: int, *, to_change: bool = False) -> ValidationListValue:
    row = ValidationListValue.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    row.list = (list_to_change if to_change else list_to_read)(hydra.caller(request), row.list_id)
    return row


def _records(rows: Sequence[ValidationListValue]) -> list[Record]:
    return [{"id": row.pk, "value": row.value, "suppressionList": _address(row.list_id)} for row in rows]


def _address(list_id: int) -> str:
    return f"/api/v4/{LISTS.name}/{list_id}"
