"""Pages of a list by key, never by OFFSET: the thousandth page costs what the first does (DESIGN 7)."""

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
"""How far into a list its rows are still numbered: a bounded walk along the index."""
COUNT_CAP = 10_000


class BadPlace(ValueError):
    """The text does not name a row's place in this order."""


@dataclass(frozen=True)
class Place:
    """A row's key in the list's order. Only text that parses back to the column's own type is taken."""

    pk: int
    value: Any = None


@dataclass(frozen=True)
class Order:
    """Always (value is null, value, id), or all of it backwards: what an index on (column, id) holds."""

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

    def beyond(self, place: Place) -> Q:
        """What comes after `place`. One row comparison, so that PostgreSQL walks the index straight to it."""
        if self.unique:
            return Q(pk__lt=place.pk) if self.descending else Q(pk__gt=place.pk)
        if place.value is None:
            same = Q(**{f"{self.path}__isnull": True}) & (Q(pk__lt=place.pk) if self.descending else Q(pk__gt=place.pk))
            return same | Q(**{f"{self.path}__isnull": False}) if self.descending else same
        here = _Row(Value(place.value, output_field=self.field), Value(place.pk))
        further = Q(_Compared(_Row(F(self.path), F("pk")), here, arg_joiner=" < " if self.descending else " > "))
        return further | Q(**{f"{self.path}__isnull": True}) if self.nullable and not self.descending else further

    def place_of(self, row: Model) -> Place:
        return Place(row.pk, None if self.unique else reduce(_step, self.path.split(LOOKUP_SEP), row))

    def write(self, place: Place) -> str:
        """`id`, `id:value`, or `id~` where the value is null."""
        if self.unique:
            return str(place.pk)
        return f"{place.pk}~" if place.value is None else f"{place.pk}:{_text(place.value)}"

    def read(self, text: str) -> Place:
        pk, mark, value = text.partition(":")
        if self.unique:
            return Place(_parsed(self.field, text))
        key = self.field.model._meta.pk if len(self.fields) == 1 else models.BigAutoField()
        if not mark and text.endswith("~") and self.nullable:
            return Place(_parsed(key, text[:-1]))
        if not mark:
            raise BadPlace(text)
        return Place(_parsed(key, pk), _parsed(self.field, value))


class _Row(Func):
    function = "ROW"
    output_field = models.BooleanField()  # of no meaning for a row; Django wants one


class _Compared(Func):
    template = "%(expressions)s"
    output_field = models.BooleanField()


@dataclass(frozen=True)
class Page:
    """`before` and `after` are places as text, empty at the ends; `first` numbers the first row where that is known."""

    rows: list[Any]
    before: str = ""
    after: str = ""
    first: int | None = None

    @property
    def last(self) -> int | None:
        return None if self.first is None else self.first + len(self.rows) - 1


def take(rows: QuerySet, order: Order, *, size: int, after: Place | None = None, before: Place | None = None) -> Page:
    """Two queries: the rows, and how many come before them (not on the first page, where none do)."""
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


def _backwards(rows: QuerySet, order: Order, size: int, before: Place) -> Page:
    back = order.reversed
    found = list(back.apply(rows.filter(back.beyond(before)))[: size + 1])
    if len(found) <= size:
        return take(rows, order, size=size)  # the beginning: a whole first page, not the few rows that were left
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
    """(n, True) when n is exact; (cap, False) when there are more."""
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
    """As the column would take it: its type, its range, nothing the database would choke on."""
    if "\x00" in text:
        raise BadPlace(text)
    try:
        value = datetime.fromisoformat(text) if isinstance(field, models.DateTimeField) else field.to_python(text)
        field.run_validators(value)
    except (ValueError, ValidationError) as error:
        raise BadPlace(text) from error
    if value is None or (isinstance(value, datetime) and value.tzinfo is None):
        raise BadPlace(text)
    return value
