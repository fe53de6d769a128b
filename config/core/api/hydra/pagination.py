"""Pages of a collection, each continued by key, so that the thousandth page costs as much as the first."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from config.core.api.hydra.query import LAST_PAGE, CollectionQuery
from config.core.api.hydra.responses import BASE, SUFFIX, HydraError
from config.core.api.hydra.schema import paginated_schema
from config.core.errors import DomainError
from config.core.lists.listing import TooSlow, limited
from config.core.lists.pagination import BadPosition, Order, capped

TOO_SLOW = "This would take too long. Narrow it by filters, or ask for smaller pages."
Record = dict[str, Any]


class KeyPagination(BasePagination):
    """The page of the query. `after` names the last member of the page before it; `page` is reached by OFFSET, up to the thousandth."""

    def __init__(self) -> None:
        self.after = ""
        """The position of the page's last member when others follow, else empty."""
        self.total: int | None = None
        self.view: Any = None

    def paginate_queryset(self, queryset: QuerySet[Any], request: Any, view: Any = None) -> list[Any]:
        query: CollectionQuery = view.query
        named = query.order or view.ordering
        column = view.orders.get(named.lstrip("-"), "pk")
        primary_key = queryset.model._meta.pk.name  # type: ignore[union-attr]  # every model has one
        order = Order.by(queryset.model, primary_key if column == "pk" else column, descending=named.startswith("-"))
        try:
            with limited():
                rows = self._rows(queryset, order, query)
                self.total = view.count(queryset)
        except TooSlow as error:
            raise DomainError(TOO_SLOW) from error
        page = rows[: query.size]
        if len(rows) > query.size:
            self.after = order.write(order.position_of(page[-1]))
        self.view = view
        return page

    def paginate_records(self, records: Sequence[Record], view: Any) -> list[Record]:
        """Return the page of a small collection that is given whole and in order. `after` is the id of a member."""
        query: CollectionQuery = view.query
        start = (query.page - 1) * query.size
        if query.after:
            ids = [str(record["id"]) for record in records]
            if query.after not in ids:
                raise HydraError([("after", "Names no place in this order.")])
            start = ids.index(query.after) + 1
        page = list(records[start : start + query.size])
        if page and start + query.size < len(records):
            self.after = str(page[-1]["id"])
        self.view, self.total = view, len(records)
        return page

    def get_paginated_response(self, data: Any) -> Response:
        view = self.view
        meta = view.serializer_class.Meta
        body: Record = {
            "@context": f"{BASE}/contexts/{meta.type}",
            "@id": f"{BASE}/{meta.address}",
            "@type": "hydra:Collection",
            "hydra:member": data,
        }
        if self.total is not None:
            body["hydra:totalItems"] = self.total
        body["hydra:view"] = self._view(view.request.path, view.query)
        if view.request.path.endswith(SUFFIX):
            body["hydra:search"] = self._search(view)
        return Response(body)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return paginated_schema(schema)

    def _rows(self, rows: QuerySet[Any], order: Order, query: CollectionQuery) -> list[Any]:
        """Return the rows of the page and one more, which shows whether others follow."""
        ordered = order.apply(rows)
        if not query.after:
            start = (query.page - 1) * query.size
            return list(ordered[start : start + query.size + 1])
        try:
            place = order.read(query.after)
        except BadPosition as error:
            raise HydraError([("after", "Names no place in this order.")]) from error
        return list(ordered.filter(order.beyond(place))[: query.size + 1])

    def _view(self, path: str, query: CollectionQuery) -> Record:
        kept = [(name, value) for name, value in query.pairs if name not in ("page", "after")]

        def url(**paging: Any) -> str:
            return f"{path}?{urlencode([*kept, *paging.items()], errors='replace')}"

        view = {"@id": url(page=query.page), "@type": "hydra:PartialCollectionView", "hydra:first": url(page=1)}
        if self.total is not None and (last := max(1, -(-self.total // query.size))) <= LAST_PAGE:
            view["hydra:last"] = url(page=last)
        if 1 < query.page <= LAST_PAGE + 1:
            view["hydra:previous"] = url(page=query.page - 1)
        if self.after:
            view["hydra:next"] = url(page=query.page + 1, after=self.after)
        return view

    def _search(self, view: Any) -> Record:
        filters = view.query.filterset.filters
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


def counted(rows: QuerySet[Any]) -> int | None:
    """Return the number of rows up to 10,000, and None beyond."""
    number, exact = capped(rows)
    return number if exact else None
