"""Keyset pagination: pages are found by key, never by OFFSET, so that the thousandth page costs as much as the first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Func, Model, Q, QuerySet, Value
from django.db.models.constants import LOOKUP_SEP

POSITION_CAP = 1_000
"""The number of rows up to which positions are counted, by a bounded walk along the index."""
COUNT_CAP = 10_000


class BadPosition(ValueError):
    """The text is no position in this order."""


@dataclass(frozen=True)
class PagePosition:
    """The key of a row in the list's order. Only text that parses to the column's own type is accepted."""

    pk: int
    value: Any = None


@dataclass(frozen=True)
class Order:
    """An order by (value is null, value, id), ascending or descending as a whole, which an index on (column, id) serves."""

    path: str
    fields: tuple[models.Field, ...]
    descending: bool = False

    @classmethod
    def by(cls, model: type[Model], path: str, *, descending: bool = False) -> "Order":
        return cls(path, tuple(_fields(model, path)), descending)

    @property
    def field(self) -> models.Field:
        return self.fields[-1]

    @property
    def unique(self) -> bool:
        return self.field.primary_key and len(self.fields) == 1

    @property
    def nullable(self) -> bool:
        return any(field.null for field in self.fields)

    @property
    def reversed(self) -> "Order":
        return replace(self, descending=not self.descending)

    def apply(self, rows: QuerySet) -> QuerySet:
        sign = "-" if self.descending else ""
        return rows.order_by(f"{sign}pk") if self.unique else rows.order_by(f"{sign}{self.path}", f"{sign}pk")

    def beyond(self, place: PagePosition) -> Q:
        """Return the condition for rows after `place`, as one row comparison, so that PostgreSQL seeks in the index."""
        if self.unique:
            return Q(pk__lt=place.pk) if self.descending else Q(pk__gt=place.pk)
        if place.value is None:
            same = Q(**{f"{self.path}__isnull": True}) & (Q(pk__lt=place.pk) if self.descending else Q(pk__gt=place.pk))
            return same | Q(**{f"{self.path}__isnull": False}) if self.descending else same
        here = _Row(Value(place.value, output_field=self.field), Value(place.pk))
        further = Q(_Compared(_Row(F(self.path), F("pk")), here, arg_joiner=" < " if self.descending else " > "))
        return further | Q(**{f"{self.path}__isnull": True}) if self.nullable and not self.descending else further

    def place_of(self, row: Model) -> PagePosition:
        return PagePosition(row.pk, None if self.unique else reduce(_step, self.path.split(LOOKUP_SEP), row))

    def write(self, place: PagePosition) -> str:
        """Format a position: `id`, `id:value`, or `id~` where the value is null."""
        if self.unique:
            return str(place.pk)
        return f"{place.pk}~" if place.value is None else f"{place.pk}:{_text(place.value)}"

    def read(self, text: str) -> PagePosition:
        pk, mark, value = text.partition(":")
        if self.unique:
            return PagePosition(_parsed(self.field, text))
        key = self.field.model._meta.pk if len(self.fields) == 1 else models.BigAutoField()
        if not mark and text.endswith("~") and self.nullable:
            return PagePosition(_parsed(key, text[:-1]))
        if not mark:
            raise BadPosition(text)
        return PagePosition(_parsed(key, pk), _parsed(self.field, value))


class _Row(Func):
    function = "ROW"
    output_field = models.BooleanField()  # meaningless for a row, but required by Django


class _Compared(Func):
    template = "%(expressions)s"
    output_field = models.BooleanField()


@dataclass(frozen=True)
class Page:
    """A page of rows. `before` and `after` are positions as text, empty at the ends; `first` is the number of the first row where known."""

    rows: list[Any]
    before: str = ""
    after: str = ""
    first: int | None = None

    @property
    def last(self) -> int | None:
        return None if self.first is None else self.first + len(self.rows) - 1


def take(rows: QuerySet, order: Order, *, size: int, after: PagePosition | None = None, before: PagePosition | None = None) -> Page:
    """Return a page with two queries: its rows, and the number of rows before them (not needed on the first page)."""
    if before is not None:
        return _backwards(rows, order, size, before)
    found = list(order.apply(rows if after is None else rows.filter(order.beyond(after)))[: size + 1])
    shown, more = found[:size], len(found) > size
    if not shown:
        return Page([])
    return Page(
        shown,
        before=order.write(order.place_of(shown[0])) if after is not None else "",
        after=order.write(order.place_of(shown[-1])) if more else "",
        first=1 if after is None else _position(rows, order, shown[0]),
    )


def _backwards(rows: QuerySet, order: Order, size: int, before: PagePosition) -> Page:
    back = order.reversed
    found = list(back.apply(rows.filter(back.beyond(before)))[: size + 1])
    if len(found) <= size:
        return take(rows, order, size=size)  # the beginning is reached: return a whole first page instead of the few rows that were left
    shown = found[:size][::-1]
    return Page(
        shown,
        before=order.write(order.place_of(shown[0])),
        after=order.write(order.place_of(shown[-1])),
        first=_position(rows, order, shown[0]),
    )


def _position(rows: QuerySet, order: Order, first: Model) -> int | None:
    back = order.reversed
    earlier, exact = capped(back.apply(rows.filter(back.beyond(order.place_of(first)))), POSITION_CAP)
    return earlier + 1 if exact else None


def capped(rows: QuerySet, cap: int = COUNT_CAP) -> tuple[int, bool]:
    """Return (n, True) when n is exact, or (cap, False) when there are more."""
    n = rows.values("pk")[: cap + 1].count()
    return (n, True) if n <= cap else (cap, False)


def _fields(model: type[Model], path: str) -> Sequence[models.Field]:
    fields: list[models.Field] = []
    for name in path.split(LOOKUP_SEP):
        field = (fields[-1].related_model if fields else model)._meta.get_field(name)  # type: ignore[union-attr]
        if not isinstance(field, models.Field):
            raise FieldDoesNotExist(f"{path} is not a column of {model._meta.label}")
        fields.append(field)
    return fields


def _step(row: Any, name: str) -> Any:
    return None if row is None else getattr(row, name)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _parsed(field: models.Field, text: str) -> Any:
    """Parse text to the type and range of the column. Raises BadPosition for anything the database would refuse."""
    if "\x00" in text:
        raise BadPosition(text)
    try:
        value = datetime.fromisoformat(text) if isinstance(field, models.DateTimeField) else field.to_python(text)
        field.run_validators(value)
    except (ValueError, ValidationError) as error:
        raise BadPosition(text) from error
    if value is None or (isinstance(value, datetime) and value.tzinfo is None):
        raise BadPosition(text)
    return value
