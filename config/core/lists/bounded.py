"""Pages of rows that match a condition without an index: a limited number of rows is read in the order of the list and tested.

So a page costs the same whatever the size of the table. Where the rows that were read do not fill it, it says how far it
looked, and the next one goes on from there.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Model, Q, QuerySet, Value, When

from config.core.lists.pagination import Order, Page, PagePosition

LOOKED_AT = 50_000
"""Rows that one page reads at most."""


@dataclass(frozen=True)
class Look:
    """The part of the list that was read, when the page is not full and the list goes on: the last row, and its position."""

    last: Model
    position: str
    backwards: bool = False

    @property
    def rows(self) -> int:
        return LOOKED_AT


def take_bounded(
    rows: QuerySet, condition: Q, order: Order, *, size: int, after: PagePosition | None = None, before: PagePosition | None = None
) -> tuple[Page, Look | None]:
    """Return a page, and how far was looked for it when it is not full and the list goes on."""
    if before is not None:
        return _take_backwards(rows, condition, order, size, before)
    onwards = rows if after is None else rows.filter(order.beyond(after))
    found, look = _find(onwards, condition, order, size)
    matching, has_more = found[:size], len(found) > size
    if not matching:
        return Page([]), look
    return (
        Page(
            matching,
            before=order.format_position(order.position_of(matching[0])) if after is not None else "",
            after=order.format_position(order.position_of(matching[-1])) if has_more else "",
            first=1 if after is None else None,
        ),
        look,
    )


def _take_backwards(rows: QuerySet, condition: Q, order: Order, size: int, before: PagePosition) -> tuple[Page, Look | None]:
    backwards = order.reversed
    found, look = _find(rows.filter(backwards.beyond(before)), condition, backwards, size)
    if len(found) <= size and look is None:
        return take_bounded(rows, condition, order, size=size)  # the beginning is reached
    matching = found[:size][::-1]
    return (
        Page(
            matching,
            before=order.format_position(backwards.position_of(matching[0])) if len(found) > size else "",
            after=order.format_position(order.position_of(matching[-1]) if matching else before),
        ),
        replace(look, backwards=True) if look else None,
    )


def _find(rows: QuerySet, condition: Q, order: Order, size: int) -> tuple[list[Any], Look | None]:
    """Return up to `size` matching rows and one more, and how far was looked when they are fewer and the list goes on."""
    keys = matching_keys(rows, condition, order, size + 1)
    found = list(order.apply(rows.filter(pk__in=keys))) if keys else []
    last_key = None if len(keys) > size else order.apply(rows).values_list("pk", flat=True)[LOOKED_AT - 1 : LOOKED_AT].first()
    last = rows.filter(pk=last_key).first() if last_key else None
    return found, Look(last, order.format_position(order.position_of(last))) if last else None


def matching_keys(rows: QuerySet, condition: Q, order: Order, n: int, *, looked_at_most: int | None = None) -> list[int]:
    """Return the first keys. The condition is a column of the inner query: its rows are read in order, up to the limit, whatever it is."""
    try:
        sql, parameters = looked_at(rows, condition, order, looked_at_most or LOOKED_AT).query.sql_with_params()
    except EmptyResultSet:  # Django knows that the query selects nothing
        return []
    direction = "DESC" if order.descending else "ASC"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM ({sql}) AS looked (id, key, matches) WHERE matches ORDER BY key {direction}, id {direction} LIMIT %s",  # noqa: S608
            [*parameters, n],
        )
        return [pk for (pk,) in cursor]


def looked_at(rows: QuerySet, condition: Q, order: Order, n: int) -> QuerySet:
    """Return the first n rows of the list as (id, value of the order, whether the condition holds)."""
    # A case, because Django has no expression of a condition that it knows to hold always or never.
    matches = Case(When(condition, then=Value(True)), default=Value(False))
    return order.apply(rows.annotate(matches=matches)).values_list("pk", order.path, "matches")[:n]
