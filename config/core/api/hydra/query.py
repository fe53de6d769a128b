"""The query of a collection: filters, order and page. A query that is not fully understood is refused as a whole."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict

from config.core.api import bodies
from config.core.api.hydra.filters import HydraFilterSet
from config.core.api.hydra.responses import HydraError

PAGE_SIZE, LARGEST_PAGE_SIZE = 30, 100
LAST_PAGE = 1_000
_ORDER = re.compile(r"order\[([\w.]+)\]")
_NUMBER = re.compile("[1-9][0-9]{0,8}")
_PARAMETERS_OF_EVERY_CALL = frozenset({"access_token"})


@dataclass
class CollectionQuery:
    """A parsed query. Raises HydraError with every mistake in it."""

    pairs: list[tuple[str, str]]
    filterset: HydraFilterSet
    order: str = ""
    """A declared name, with a minus for descending; empty for the collection's default."""
    page: int = 1
    size: int = PAGE_SIZE
    after: str = ""

    @property
    def values(self) -> Mapping[str, list[Any]]:
        """The parsed values of each filter that was given, by its parameter without `[]`."""
        return self.filterset.values

    def value(self, name: str) -> Any:
        """Return the first value of a filter, None where it is not given."""
        return next(iter(self.values.get(name, ())), None)


class QueryReader:
    def __init__(self, request: HttpRequest) -> None:
        self.pairs = [(name, str(value)) for name, value in bodies.query(request) if name not in _PARAMETERS_OF_EVERY_CALL]
        self.problems: list[tuple[str, str]] = []
        self.parameters = QueryDict(mutable=True)
        for name, value in self.pairs:
            self.parameters.appendlist(name, value)

    def read(self, filterset_class: Callable[[QueryDict], HydraFilterSet], orders: Mapping[str, str]) -> CollectionQuery:
        page = self._number("page", default=1)
        size = self._number("itemsPerPage", default=PAGE_SIZE, largest=LARGEST_PAGE_SIZE)
        after = self._one("after")
        order = self._order(orders)
        filterset = filterset_class(self.parameters)
        self.problems += filterset.problems()
        if page > LAST_PAGE and not after:
            further = f"Pages beyond {LAST_PAGE} are not counted out: go on from a page's hydra:next, which names `after`."
            self.problems.append(("page", further))
        if self.problems:
            raise HydraError(self.problems)
        return CollectionQuery(self.pairs, filterset, order, page, size, after)

    def _one(self, name: str) -> str:
        """Remove and return the one value of a paging parameter."""
        values = self.parameters.pop(name, [""])
        if len(set(values)) > 1:
            self.problems.append((name, "Given more than once."))
        return str(values[-1])

    def _number(self, name: str, *, default: int, largest: int | None = None) -> int:
        if name not in self.parameters:
            return default
        text = self._one(name)
        if _NUMBER.fullmatch(text) and (largest is None or int(text) <= largest):
            return int(text)
        self.problems.append((name, f"Must be a whole number from 1{f' to {largest}' if largest else ' on'}."))
        return default

    def _order(self, orders: Mapping[str, str]) -> str:
        """Return the order. Only one is allowed: rows of equal value are ordered by id."""
        order = ""
        named = [name for name in self.parameters if _ORDER.fullmatch(name)]
        for name in named:
            direction, public_name = self._one(name).lower(), name[len("order[") : -1]
            if public_name not in orders:
                offered = f"Can be in the order of: {', '.join(orders)}." if orders else "There is one order only here."
                self.problems.append((name, offered))
            elif direction not in ("asc", "desc"):
                self.problems.append((name, "Must be asc or desc."))
            else:
                order = f"-{public_name}" if direction == "desc" else public_name
        if len(named) > 1:
            self.problems.append((named[1], "One order at a time."))
        return order
