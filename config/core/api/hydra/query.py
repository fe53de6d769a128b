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
_OF_EVERY_CALL = frozenset({"access_token"})
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


class _Reading:
    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.asked = CollectionQuery(pairs)
        self.wrong: list[tuple[str, str]] = []
        self.given: dict[str, list[str]] = {}
        for name, value in pairs:
            self.given.setdefault(name, []).append(value)

    def take(self, name: str) -> str:
        """Remove and return the one value of a paging parameter."""
        values = self.given.pop(name, [""])
        if len(set(values)) > 1:
            self.wrong.append((name, "Given more than once."))
        return values[-1]

    def number(self, name: str, *, unless: int, at_most: int | None = None) -> int:
        asked_for = name in self.given
        text = self.take(name)
        if asked_for and (not _NUMBER.fullmatch(text) or (at_most and int(text) > at_most)):
            self.wrong.append((name, f"Must be a whole number from 1{f' to {at_most}' if at_most else ' on'}."))
        return int(text) if _NUMBER.fullmatch(text) else unless


def read(
    request: HttpRequest, filters: Mapping[str, Filter], *, orders: Mapping[str, str], required: tuple[str, ...] = ()
) -> CollectionQuery:
    """Parse the query of the request. Raises HydraError with every mistake in it."""
    reading = _Reading([(name, str(value)) for name, value in bodies.query(request) if name not in _OF_EVERY_CALL])
    asked = reading.asked
    asked.page = reading.number("page", unless=1)
    asked.size = reading.number("itemsPerPage", unless=SIZE, at_most=LARGEST_SIZE)
    asked.after = reading.take("after")
    _read_order(reading, orders)
    _read_filters(reading, filters)
    reading.wrong += [(name, "This filter is needed here.") for name in required if not _is_given(name, reading.asked)]
    if asked.page > LAST_PAGE and not asked.after:
        further = f"Pages beyond {LAST_PAGE} are not counted out: go on from a page's hydra:next, which names `after`."
        reading.wrong.append(("page", further))
    if reading.wrong:
        raise HydraError(reading.wrong)
    return asked


def _read_order(reading: _Reading, orders: Mapping[str, str]) -> None:
    """Parse the order. Only one is allowed: rows of equal value are ordered by id."""
    named = [name for name in reading.given if _ORDER.fullmatch(name)]
    for name in named:
        direction, field_name = reading.take(name).lower(), name[len("order[") : -1]
        if field_name not in orders:
            reading.wrong.append((name, f"Can be in the order of: {', '.join(orders)}."))
        elif direction not in ("asc", "desc"):
            reading.wrong.append((name, "Must be asc or desc."))
        else:
            reading.asked.order = f"-{field_name}" if direction == "desc" else field_name
    if len(named) > 1:
        reading.wrong.append((named[1], "One order at a time."))


def _read_filters(reading: _Reading, filters: Mapping[str, Filter]) -> None:
    known = {name + suffix: (declared, suffix) for name, declared in filters.items() for suffix in declared.suffixes}
    for parameter, texts in reading.given.items():
        if parameter not in known:
            reading.wrong.append((_printable(parameter), UNKNOWN))
            continue
        declared, suffix = known[parameter]
        try:
            value = reading.asked.values[parameter] = declared.value(suffix, texts)
        except ValueError as error:
            reading.wrong.append((parameter, str(error)))
        else:
            reading.asked.condition &= declared.condition(suffix, value)


def _is_given(name: str, asked: CollectionQuery) -> bool:
    return any(parameter == name or parameter.startswith(f"{name}[") for parameter in asked.values)


def _printable(name: str) -> str:
    """Shorten an unknown name for an error message and replace what cannot be encoded."""
    return name[:80].encode(errors="replace").decode()
