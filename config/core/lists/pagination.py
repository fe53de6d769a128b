"""Keyset pagination: pages are found by key, never by OFFSET, so that the thousandth page costs as much as the first."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Func, Model, Q, QuerySet, Value
from django.db.models.constants import LOOKUP_SEP

from config.core.pg_text import is_storable

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
        fields: list[models.Field] = []
        for name in path.split(LOOKUP_SEP):
            field = (fields[-1].related_model if fields else model)._meta.get_field(name)  # type: ignore[union-attr]  # not "self": resolved
            if not isinstance(field, models.Field):
                raise FieldDoesNotExist(f"{path} is not a column of {model._meta.label}")
            fields.append(field)
        return cls(path, tuple(fields), descending)

    @property
    def field(self) -> models.Field:
        return self.fields[-1]

    @property
    def unique(self) -> bool:
        return self.field.primary_key and len(self.fields) == 1

    @property
    def is_newest_first(self) -> bool:
        return self.unique and self.descending

    @property
    def nullable(self) -> bool:
        return any(field.null for field in self.fields)

    @property
    def reversed(self) -> "Order":
        return replace(self, descending=not self.descending)

    def apply(self, rows: QuerySet) -> QuerySet:
        sign = "-" if self.descending else ""
        return rows.order_by(f"{sign}pk") if self.unique else rows.order_by(f"{sign}{self.path}", f"{sign}pk")

    def beyond(self, position: PagePosition) -> Q:
        """Return the condition for rows after `position`, as one row comparison, so that PostgreSQL seeks in the index."""
        if self.unique:
            return Q(pk__lt=position.pk) if self.descending else Q(pk__gt=position.pk)
        if position.value is None:
            later = Q(**{f"{self.path}__isnull": True}) & (Q(pk__lt=position.pk) if self.descending else Q(pk__gt=position.pk))
            return later | Q(**{f"{self.path}__isnull": False}) if self.descending else later
        key = _Row(Value(position.value, output_field=self.field), Value(position.pk))
        further = Q(_RowComparison(_Row(F(self.path), F("pk")), key, arg_joiner=" < " if self.descending else " > "))
        return further | Q(**{f"{self.path}__isnull": True}) if self.nullable and not self.descending else further

    def position_of(self, row: Model) -> PagePosition:
        if self.unique:
            return PagePosition(row.pk)
        value: Any = row
        for name in self.path.split(LOOKUP_SEP):
            value = None if value is None else getattr(value, name)
        return PagePosition(row.pk, value)

    def format_position(self, position: PagePosition) -> str:
        """Format a position: `id`, `id:value`, or `id~` where the value is null."""
        if self.unique:
            return str(position.pk)
        if position.value is None:
            return f"{position.pk}~"
        text = position.value.isoformat() if isinstance(position.value, datetime) else str(position.value)
        return f"{position.pk}:{text}"

    def parse_position(self, text: str) -> PagePosition:
        pk, mark, value = text.partition(":")
        if self.unique:
            return PagePosition(_parse_value(self.field, text))
        key = self.field.model._meta.pk if len(self.fields) == 1 else models.BigAutoField()
        if not mark and text.endswith("~") and self.nullable:
            return PagePosition(_parse_value(key, text[:-1]))
        if not mark:
            raise BadPosition(text)
        return PagePosition(_parse_value(key, pk), _parse_value(self.field, value))


class _Row(Func):
    function = "ROW"
    output_field = models.BooleanField()  # meaningless for a row, but required by Django


class _RowComparison(Func):
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
        return _take_backwards(rows, order, size, before)
    fetched = list(order.apply(rows if after is None else rows.filter(order.beyond(after)))[: size + 1])
    page_rows, has_more = fetched[:size], len(fetched) > size
    if not page_rows:
        return Page([])
    return Page(
        page_rows,
        before=order.format_position(order.position_of(page_rows[0])) if after is not None else "",
        after=order.format_position(order.position_of(page_rows[-1])) if has_more else "",
        first=1 if after is None else _first_number(rows, order, page_rows[0]),
    )


def _take_backwards(rows: QuerySet, order: Order, size: int, before: PagePosition) -> Page:
    backwards = order.reversed
    fetched = list(backwards.apply(rows.filter(backwards.beyond(before)))[: size + 1])
    if len(fetched) <= size:
        return take(rows, order, size=size)  # the beginning is reached: return a whole first page instead of the few rows that were left
    page_rows = fetched[:size][::-1]
    return Page(
        page_rows,
        before=order.format_position(order.position_of(page_rows[0])),
        after=order.format_position(order.position_of(page_rows[-1])),
        first=_first_number(rows, order, page_rows[0]),
    )


def _first_number(rows: QuerySet, order: Order, first: Model) -> int | None:
    backwards = order.reversed
    earlier, exact = count_capped(backwards.apply(rows.filter(backwards.beyond(order.position_of(first)))), POSITION_CAP)
    return earlier + 1 if exact else None


def count_capped(rows: QuerySet, cap: int = COUNT_CAP) -> tuple[int, bool]:
    """Return (n, True) when n is exact, or (cap, False) when there are more."""
    n = rows.values("pk")[: cap + 1].count()
    return (n, True) if n <= cap else (cap, False)


def _parse_value(field: models.Field, text: str) -> Any:
    """Parse text to the type and range of the column. Raises BadPosition for anything the database would refuse."""
    if not is_storable(text):
        raise BadPosition(text)
    try:
        value = datetime.fromisoformat(text) if isinstance(field, models.DateTimeField) else field.to_python(text)
        field.run_validators(value)
    except (ValueError, ValidationError) as error:
        raise BadPosition(text) from error
    if value is None or (isinstance(value, datetime) and value.tzinfo is None):
        raise BadPosition(text)
    return value
