"""Pages of a collection, each continued by key, so that the thousandth page costs as much as the first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from config.core.api.hydra.filters import HydraFilterSet
from config.core.api.hydra.query import LAST_PAGE, CollectionQuery
from config.core.api.hydra.responses import BASE, HydraError, JsonObject
from config.core.api.hydra.schema import paginated_schema
from config.core.errors import DomainError
from config.core.lists.bounded import take_bounded
from config.core.lists.listing import TooSlow, time_limited
from config.core.lists.pagination import BadPosition, Order, PagePosition, count_capped

TOO_SLOW = "This would take too long. Narrow it by filters, or ask for smaller pages."


Member = TypeVar("Member")
Total = tuple[int, bool]
"""A number of members, and whether it is exact: it is not where there are more."""


@dataclass(frozen=True, slots=True)
class CollectionPage(Generic[Member]):
    """A page of a collection. `after` is the position of its last member if others follow."""

    members: Sequence[Member]
    total: int
    after: str = ""
    total_is_exact: bool = True

    def map(self, change: Callable[[Member], JsonObject]) -> "CollectionPage[JsonObject]":
        return CollectionPage([change(member) for member in self.members], self.total, self.after, self.total_is_exact)


def page_of_rows(rows: QuerySet[Any], view: Any) -> CollectionPage[Any]:
    """Return the page of the view's query. `after` names the last member of the page before it; for `page` that is looked up."""
    query: CollectionQuery = view.query
    named = query.order or view.ordering
    column = view.orders.get(named.lstrip("-"), "pk")
    primary_key = rows.model._meta.pk.name  # type: ignore[union-attr]  # every model has one
    order = Order.by(rows.model, primary_key if column == "pk" else column, descending=named.startswith("-"))
    if query.filterset.bounded is not None:
        return _bounded_page(rows, query.filterset.bounded, order, view)
    try:
        with time_limited():
            found = _rows_from(rows, order, query)
            total, is_exact = view.count(rows)
    except TooSlow as error:
        raise DomainError(TOO_SLOW) from error
    members = found[: query.size]
    after = order.format_position(order.position_of(members[-1])) if len(found) > query.size else ""
    return CollectionPage(members, total, after, is_exact)


def page_of_records(records: Sequence[JsonObject], query: CollectionQuery) -> CollectionPage[JsonObject]:
    """Return the page of a small collection that is given whole and in order. `after` is the id of a member."""
    start = (query.page - 1) * query.size
    if query.after:
        ids = [str(record["id"]) for record in records]
        if query.after not in ids:
            raise HydraError([("after", "Names no place in this order.")])
        start = ids.index(query.after) + 1
    members = records[start : start + query.size]
    return CollectionPage(members, len(records), str(members[-1]["id"]) if members and start + query.size < len(records) else "")


def collection(view: Any, page: CollectionPage[JsonObject]) -> JsonObject:
    """Return a page as the body of an answer."""
    meta = view.serializer_class.Meta
    body: JsonObject = {
        "@context": f"{BASE}/contexts/{meta.type}",
        "@id": f"{BASE}/{meta.address}",
        "@type": "hydra:Collection",
        "hydra:member": page.members,
        "hydra:totalItems": page.total,
        "sluice:totalIsExact": page.total_is_exact,
        "hydra:view": _links(view.request.path, view.query, page),
    }
    if view.request.accepted_renderer.format == "jsonld":
        body["hydra:search"] = search_template(view, type(view.query.filterset))
    return body


class KeyPagination(BasePagination):
    """The pages of viewsets that list rows, as DRF asks for them: first the rows, then the answer with their records."""

    def paginate_queryset(self, queryset: QuerySet[Any], request: Any, view: Any = None) -> list[Any]:
        self.view, self.page = view, page_of_rows(queryset, view)
        return list(self.page.members)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(collection(self.view, replace(self.page, members=data)))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return paginated_schema(schema)


def _bounded_page(rows: QuerySet[Any], condition: Q, order: Order, view: Any) -> CollectionPage[Any]:
    """Return the matches among the next rows that are looked at. They may be fewer than a page, and none, although others follow."""
    query: CollectionQuery = view.query
    if query.page > 1 and not query.after:
        raise HydraError([("page", "With these filters pages are not counted out: go on from a page's hydra:next, which names `after`.")])
    try:
        with time_limited():
            place = _position(order, query.after) if query.after else None
            page, look = take_bounded(rows, condition, order, size=query.size, after=place)
            total, is_exact = view.count_bounded() or (len(page.rows), not (query.after or page.after or look))
    except TooSlow as error:
        raise DomainError(TOO_SLOW) from error
    return CollectionPage(page.rows, total, look.position if look else page.after, is_exact)


def _rows_from(rows: QuerySet[Any], order: Order, query: CollectionQuery) -> list[Any]:
    """Return the rows of the page and one more, which shows whether others follow."""
    ordered = order.apply(rows)
    place = _position(order, query.after) if query.after else _last_of_page_before(ordered, order, query)
    if place is None:
        return list(ordered[: query.size + 1]) if query.page == 1 else []
    return list(ordered.filter(order.beyond(place))[: query.size + 1])


def _position(order: Order, text: str) -> PagePosition:
    try:
        return order.parse_position(text)
    except BadPosition as error:
        raise HydraError([("after", "Names no place in this order.")]) from error


def _last_of_page_before(ordered: QuerySet[Any], order: Order, query: CollectionQuery) -> PagePosition | None:
    """Return the position after which the page begins. Of the pages before it the keys alone are read, and nothing that rows point at."""
    last = (query.page - 1) * query.size - 1
    keys = ordered.values_list("pk", order.path)[last : last + 1] if last >= 0 else []
    return next((PagePosition(pk, None if order.unique else value) for pk, value in keys), None)


def _links(path: str, query: CollectionQuery, page: CollectionPage[JsonObject]) -> JsonObject:
    kept = [(name, value) for name, value in query.pairs if name not in ("page", "after")]

    def url(**paging: Any) -> str:
        return f"{path}?{urlencode([*kept, *paging.items()], errors='replace')}"

    links = {"@id": url(page=query.page), "@type": "hydra:PartialCollectionView", "hydra:first": url(page=1)}
    if page.total_is_exact and (last := max(1, -(-page.total // query.size))) <= LAST_PAGE:
        links["hydra:last"] = url(page=last)
    if 1 < query.page <= LAST_PAGE + 1:
        links["hydra:previous"] = url(page=query.page - 1)
    if page.after:
        links["hydra:next"] = url(page=query.page + 1, after=page.after)
    return links


def search_template(view: Any, filterset_class: type[HydraFilterSet]) -> JsonObject:
    """Return the template of the queries that a viewset, or its class, takes."""
    filters = dict(filterset_class.described())
    names = [*filters, *(f"order[{name}]" for name in view.orders)]
    mapping = [
        {
            "@type": "IriTemplateMapping",
            "variable": name,
            "property": name.partition("[")[0],
            "required": name in filters and filters[name].needed and name == filters[name].name,
        }
        for name in names
    ]
    return {
        "@type": "hydra:IriTemplate",
        "hydra:template": f"{BASE}/{view.serializer_class.Meta.address}{{?{','.join(names)}}}",
        "hydra:variableRepresentation": "BasicRepresentation",
        "hydra:mapping": mapping,
    }


def count_rows(rows: QuerySet[Any]) -> Total:
    """Return the number of rows up to 10,000, and beyond it 10,000 as the least that there are."""
    return count_capped(rows.order_by())
