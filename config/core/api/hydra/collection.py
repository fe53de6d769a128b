"""A collection of API v4: its pages, each continued by key, and its items."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from config.core.api.api_view import in_json
from config.core.api.hydra.filters import Filter
from config.core.api.hydra.query import LAST_PAGE, CollectionQuery, read_query
from config.core.api.hydra.responses import BASE, SUFFIX, HydraError, in_hydra, types
from config.core.errors import DomainError
from config.core.lists.listing import TooSlow, limited
from config.core.lists.pagination import BadPosition, Order, capped

Row = TypeVar("Row", bound=Model)
Record = dict[str, Any]
Total = Callable[[QuerySet[Any]], int | None]
TOO_SLOW = "This would take too long. Narrow it by filters, or ask for smaller pages."


def counted(rows: QuerySet[Any]) -> int | None:
    """Return the number of rows up to 10,000, and None beyond."""
    number, exact = capped(rows)
    return number if exact else None


@dataclass(frozen=True)
class Collection:
    """A collection below /api/v4/.

    `name` is its address, `type` the @type of its members. `orders` maps public names to columns, and `order` is the
    default. The `required` filters must be given. `total` counts the matching rows; None leaves hydra:totalItems out.
    """

    name: str
    type: str
    filters: Mapping[str, Filter] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=lambda: {"id": "pk"})
    order: str = "id"
    required: tuple[str, ...] = ()
    total: Total = counted

    def __post_init__(self) -> None:
        types.add(self.type)

    def answer(
        self,
        request: HttpRequest,
        rows: QuerySet[Row],
        records: Callable[[list[Row]], Sequence[Record]],
        *,
        query: CollectionQuery | None = None,
    ) -> HttpResponse:
        """Return the requested page of `rows`. `records` builds its members in one call, each with its `id`."""
        query = query or self.read_query(request)
        name = query.order or self.order
        path, key = self.orders[name.removeprefix("-")], rows.model._meta.pk
        order = Order.by(rows.model, key.name if path == "pk" and key else path, descending=name.startswith("-"))
        try:
            with limited():
                matching = rows.filter(query.condition)
                page = self._fetch(matching, order, query)
                total = self.total(matching)
        except TooSlow as error:
            raise DomainError(TOO_SLOW) from error
        members, has_more = page[: query.size], len(page) > query.size
        after = order.write(order.position_of(members[-1])) if has_more else ""
        return self.page(request, query, records(members), after=after, total=total)

    def whole(self, request: HttpRequest, records: Sequence[Record], *, query: CollectionQuery | None = None) -> HttpResponse:
        """Return the requested page of a small collection that is given whole and in order. `after` is the id of a member."""
        query = query or self.read_query(request)
        start = (query.page - 1) * query.size
        if query.after:
            ids = [str(record["id"]) for record in records]
            if query.after not in ids:
                raise HydraError([("after", "Names no place in this order.")])
            start = ids.index(query.after) + 1
        members = records[start : start + query.size]
        has_more = members and start + query.size < len(records)
        return self.page(request, query, members, after=str(members[-1]["id"]) if has_more else "", total=len(records))

    def read_query(self, request: HttpRequest) -> CollectionQuery:
        """Return the parsed query; raises HydraError. For views that select the members themselves and pass them to `page`."""
        return read_query(request, self.filters, orders=self.orders, required=self.required)

    def page(
        self, request: HttpRequest, query: CollectionQuery, members: Sequence[Record], *, after: str, total: int | None
    ) -> HttpResponse:
        """Return a page of `members`. `after` is the position of the last member when others follow, else empty."""
        body: Record = {
            "@context": self._context,
            "@id": f"{BASE}/{self.name}",
            "@type": "hydra:Collection",
            "hydra:member": [self._member(record) for record in members],
        }
        if total is not None:
            body["hydra:totalItems"] = total
        body["hydra:view"] = self._view(request.path, query, after, total)
        if request.path.endswith(SUFFIX):
            body["hydra:search"] = self._search()
        return in_hydra(request, body)

    def item(self, request: HttpRequest, record: Record) -> HttpResponse:
        return in_hydra(request, self._with_context(record))

    def created(self, record: Record) -> HttpResponse:
        body = self._with_context(record)
        return in_json(body, status=201, headers={"Location": body["@id"]})

    def _with_context(self, record: Record) -> Record:
        return {"@context": self._context, **self._member(record)}

    def _member(self, record: Record) -> Record:
        return {"@id": f"{BASE}/{self.name}/{record['id']}", "@type": self.type, **record}

    @property
    def _context(self) -> str:
        return f"{BASE}/contexts/{self.type}"

    def _fetch(self, rows: QuerySet[Row], order: Order, query: CollectionQuery) -> list[Row]:
        """Return the rows of the page and one more, which shows whether others follow.

        Without `after`, the page is reached by OFFSET, up to the thousandth page.
        """
        ordered = order.apply(rows)
        if not query.after:
            start = (query.page - 1) * query.size
            return list(ordered[start : start + query.size + 1])
        try:
            position = order.read(query.after)
        except BadPosition as error:
            raise HydraError([("after", "Names no place in this order.")]) from error
        return list(ordered.filter(order.beyond(position))[: query.size + 1])

    def _view(self, path: str, query: CollectionQuery, after: str, total: int | None) -> Record:
        filters = [(name, value) for name, value in query.pairs if name not in ("page", "after")]

        def at(**paging: Any) -> str:
            return f"{path}?{urlencode([*filters, *paging.items()], errors='replace')}"

        view = {"@id": at(page=query.page), "@type": "hydra:PartialCollectionView", "hydra:first": at(page=1)}
        if total is not None and (last := max(1, -(-total // query.size))) <= LAST_PAGE:
            view["hydra:last"] = at(page=last)
        if 1 < query.page <= LAST_PAGE + 1:
            view["hydra:previous"] = at(page=query.page - 1)
        if after:
            view["hydra:next"] = at(page=query.page + 1, after=after)
        return view

    def _search(self) -> Record:
        names = [name + suffix for name, declared in self.filters.items() for suffix in declared.suffixes]
        names += [f"order[{name}]" for name in self.orders]
        mapping = [
            {"@type": "IriTemplateMapping", "variable": name, "property": name.partition("[")[0], "required": name in self.required}
            for name in names
        ]
        template = f"{BASE}/{self.name}{{?{','.join(names)}}}"
        return {
            "@type": "hydra:IriTemplate",
            "hydra:template": template,
            "hydra:variableRepresentation": "BasicRepresentation",
            "hydra:mapping": mapping,
        }
