"""The query of a collection: filters, order and page. A query that is not fully understood is refused as a whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from config.core.api import bodies
from config.core.api.hydra.filters import Filter
from config.core.api.hydra.responses import HydraError

SIZE, LARGEST_SIZE = 30, 100
LAST_PAGE = 1_000
_ORDER = re.compile(r"order\[([\w.]+)\]")
_NUMBER = re.compile("[1-9][0-9]{0,8}")
_ALWAYS_ALLOWED = frozenset({"access_token"})
UNKNOWN = "There is no such filter here."


@dataclass
class CollectionQuery:
    """A parsed query. `values` is keyed by the parameter as it stood in the query (`campaign.id`, `createdTs[after]`)."""

    pairs: list[tuple[str, str]]
    values: dict[str, Any] = field(default_factory=dict)
    condition: Q = field(default_factory=Q)
    order: str = ""
    """A declared name, with a minus for descending; empty for the collection's default."""
    page: int = 1
    size: int = SIZE
    after: str = ""


class _QueryParser:
    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.query = CollectionQuery(pairs)
        self.mistakes: list[tuple[str, str]] = []
        self.parameters: dict[str, list[str]] = {}
        for name, value in pairs:
            self.parameters.setdefault(name, []).append(value)

    def take(self, name: str) -> str:
        """Remove and return the one value of a paging parameter."""
        values = self.parameters.pop(name, [""])
        if len(set(values)) > 1:
            self.mistakes.append((name, "Given more than once."))
        return values[-1]

    def number(self, name: str, *, default: int, at_most: int | None = None) -> int:
        present = name in self.parameters
        text = self.take(name)
        if present and (not _NUMBER.fullmatch(text) or (at_most and int(text) > at_most)):
            self.mistakes.append((name, f"Must be a whole number from 1{f' to {at_most}' if at_most else ' on'}."))
        return int(text) if _NUMBER.fullmatch(text) else default


def read_query(
    request: HttpRequest, filters: Mapping[str, Filter], *, orders: Mapping[str, str], required: tuple[str, ...] = ()
) -> CollectionQuery:
    """Parse the query of the request. Raises HydraError with every mistake in it."""
    parser = _QueryParser([(name, str(value)) for name, value in bodies.query(request) if name not in _ALWAYS_ALLOWED])
    query = parser.query
    query.page = parser.number("page", default=1)
    query.size = parser.number("itemsPerPage", default=SIZE, at_most=LARGEST_SIZE)
    query.after = parser.take("after")
    _read_order(parser, orders)
    _read_filters(parser, filters)
    for name in required:
        if not any(parameter == name or parameter.startswith(f"{name}[") for parameter in query.values):
            parser.mistakes.append((name, "This filter is needed here."))
    if query.page > LAST_PAGE and not query.after:
        message = f"Pages beyond {LAST_PAGE} are not counted out: go on from a page's hydra:next, which names `after`."
        parser.mistakes.append(("page", message))
    if parser.mistakes:
        raise HydraError(parser.mistakes)
    return query


def _read_order(parser: _QueryParser, orders: Mapping[str, str]) -> None:
    """Parse the order. Only one is allowed: rows of equal value are ordered by id."""
    names = [name for name in parser.parameters if _ORDER.fullmatch(name)]
    for name in names:
        direction, field_name = parser.take(name).lower(), name[len("order[") : -1]
        if field_name not in orders:
            parser.mistakes.append((name, f"Can be in the order of: {', '.join(orders)}."))
        elif direction not in ("asc", "desc"):
            parser.mistakes.append((name, "Must be asc or desc."))
        else:
            parser.query.order = f"-{field_name}" if direction == "desc" else field_name
    if len(names) > 1:
        parser.mistakes.append((names[1], "One order at a time."))


def _read_filters(parser: _QueryParser, filters: Mapping[str, Filter]) -> None:
    known = {name + suffix: (declared, suffix) for name, declared in filters.items() for suffix in declared.suffixes}
    for parameter, texts in parser.parameters.items():
        if parameter not in known:
            printable = parameter[:80].encode(errors="replace").decode()
            parser.mistakes.append((printable, UNKNOWN))
            continue
        declared, suffix = known[parameter]
        try:
            value = parser.query.values[parameter] = declared.value(suffix, texts)
        except ValueError as error:
            parser.mistakes.append((parameter, str(error)))
        else:
            parser.query.condition &= declared.condition(suffix, value)
