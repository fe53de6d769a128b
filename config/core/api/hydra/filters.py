"""Filters of a collection on django-filter, read strictly: an unknown or wrong parameter selects nothing and is refused with a message.

A repeated parameter selects rows with any of its values. `name[]` is another spelling of `name`: `values` adds both up, and is read alone.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django_filters import Filter, FilterSet

from config.core.api.hydra.responses import BASE
from config.core.ids import LARGEST_ID, parse_id
from config.core.pg_text import is_storable

LONGEST_TEXT = 500
TWICE = "Given more than once."
UNKNOWN = "There is no such filter here."
ID = {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID}


class ParameterField(forms.Field):
    """The values of one parameter, each parsed; None where the parameter is not given."""

    widget = forms.MultipleHiddenInput

    def __init__(self, *, parse: Callable[[str], Any], repeatable: bool, **options: Any) -> None:
        self.parse, self.repeatable = parse, repeatable
        super().__init__(**options)

    def clean(self, value: list[str]) -> list[Any] | None:
        if not value:
            return None
        if not self.repeatable and len(set(value)) > 1:
            raise forms.ValidationError(TWICE)
        try:
            return [self.parse(text) for text in value]
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class ParameterFilter(Filter, ABC):
    """A filter by the values of a parameter. Without a column it selects nothing by itself: the view uses the value.

    `lookups` maps each suffix that the name may have to a lookup on the column; `[]` may follow any of them.
    """

    field_class = ParameterField
    schema: ClassVar[Mapping[str, Any]] = {"type": "string"}
    lookups: ClassVar[Mapping[str, str]] = {"": "exact"}
    repeatable = True

    def __init__(
        self, column: str = "", *, name: str = "", description: str = "", needed: bool = False, repeatable: bool | None = None
    ) -> None:
        self.column, self.name, self.description, self.needed = column, name, description, needed
        self.repeatable = type(self).repeatable if repeatable is None else repeatable
        super().__init__(column, label=name, parse=self.parse, repeatable=self.repeatable)

    @abstractmethod
    def parse(self, text: str) -> Any:
        """Return the value of `text`. Raises ValueError with the message for the caller."""

    def parameters(self) -> Iterator[tuple[str, "ParameterFilter"]]:
        """Yield each parameter of this filter, in both spellings, with a filter of its own."""
        for suffix, lookup in self.lookups.items():
            for spelling in (suffix, f"{suffix}[]"):
                one = type(self).__new__(type(self))
                one.__dict__.update(self.__dict__, lookup_expr=lookup)
                yield self.name + spelling, one

    def filter(self, qs: QuerySet[Any], value: list[Any] | None) -> QuerySet[Any]:
        return qs.filter(self.condition(value)) if value and self.column else qs

    def condition(self, values: list[Any]) -> Q:
        if self.lookup_expr == "exact":
            return Q(**{f"{self.column}__in": values})
        condition = Q()
        for value in values:
            condition |= Q(**{f"{self.column}__{self.lookup_expr}": value})
        return condition


class IdFilter(ParameterFilter):
    """An id, or the address of a member of the collection `to`. By default the name says which: suppressionList.id → suppression-lists."""

    schema = ID

    def __init__(self, column: str = "", *, to: str = "", **options: Any) -> None:
        self.to = to
        super().__init__(column, **options)

    def parse(self, text: str) -> int:
        named = re.sub("[A-Z]", lambda capital: f"-{capital[0].lower()}", self.name.removesuffix(".id"))
        return parse_id(text.removeprefix(f"{BASE}/{self.to or f'{named}s'}/"))


class BooleanFilter(ParameterFilter):
    schema = {"type": "boolean"}

    def parse(self, text: str) -> bool:
        if text not in ("true", "false", "1", "0"):
            raise ValueError("Must be true or false.")
        return text in ("true", "1")


class MomentFilter(ParameterFilter):
    """[after] and [before] include the moment, [strictly_after] and [strictly_before] do not. A day is its beginning, in UTC."""

    schema = {"type": "string", "examples": ["2026-01-31", "2026-01-31T12:00:00+00:00"]}
    lookups = {"[after]": "gte", "[before]": "lte", "[strictly_after]": "gt", "[strictly_before]": "lt"}
    repeatable = False

    def parse(self, text: str) -> datetime:
        return parse_moment(text)


class TextFilter(ParameterFilter):
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}

    def __init__(self, column: str = "", *, lookup: str = "exact", **options: Any) -> None:
        self.lookups = {"": lookup}  # type: ignore[misc]  # of this filter alone
        super().__init__(column, **options)

    def parse(self, text: str) -> Any:
        return parse_text(text)


class ChoiceFilter(ParameterFilter):
    """A filter by one of `choices`, each mapped to its value in the database."""

    def __init__(self, column: str = "", *, choices: Mapping[str, Any], **options: Any) -> None:
        self.choices = choices
        self.schema = {"type": "string", "enum": list(choices)}  # type: ignore[misc]  # of this filter alone
        super().__init__(column, **options)

    def parse(self, text: str) -> Any:
        if text not in self.choices:
            raise ValueError(f"Must be one of: {', '.join(self.choices)}.")
        return self.choices[text]


class HydraFilterSet(FilterSet):
    """The filters of a collection. A filter's attribute names it, unless it has a `name` of its own, such as campaign.id."""

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, QuerySet())  # the rows are given to `filter_queryset`

    @classmethod
    def get_filters(cls) -> dict[str, ParameterFilter]:
        found: dict[str, ParameterFilter] = {}
        for attribute, declared in cls.declared_filters.items():
            declared.name = declared.name or attribute
            found.update(declared.parameters())
        return found

    @classmethod
    def described(cls) -> Iterator[tuple[str, ParameterFilter]]:
        """Yield the parameters to describe: `name[]` only where more than one value makes sense."""
        return ((name, one) for name, one in cls.base_filters.items() if one.repeatable or not name.endswith("[]"))

    bounded: Q | None = None
    """The part of the condition that no index serves, which `filter_queryset` leaves out: see `config.core.lists.bounded`."""

    @cached_property
    def values(self) -> dict[str, list[Any]]:
        """The parsed values of each filter that was given, in whatever spelling, by its parameter without `[]`."""
        values: dict[str, list[Any]] = {}
        for name, found in self.form.cleaned_data.items():
            if found is not None:
                values.setdefault(name.removesuffix("[]"), []).extend(found)
        return values

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for name, values in self.values.items():
            queryset = self.filters[name].filter(queryset, values)
        return queryset

    def unknown(self) -> list[str]:
        """Return the parameters that are no filters."""
        return [name for name in self.data if name not in self.filters]

    def problems(self) -> list[tuple[str, str]]:
        """Return parameter and message of each mistake among the filters."""
        unknown = [(name[:80].encode(errors="replace").decode(), UNKNOWN) for name in self.unknown()]
        wrong = [(name, message) for name, messages in self.form.errors.items() for message in messages]
        for name, values in self.values.items():
            if not self.filters[name].repeatable and any(value != values[0] for value in values):
                wrong.append((name, TWICE))
        given = {self.filters[name].name for name, values in self.form.cleaned_data.items() if values is not None}
        given |= {self.filters[name].name for name, _ in wrong}
        needed = dict.fromkeys(one.name for one in self.filters.values() if one.needed)
        return [*unknown, *wrong, *((name, "This filter is needed here.") for name in needed if name not in given)]


def parse_moment(text: str) -> datetime:
    """Parse a day or a moment. A plus sign that was not percent-encoded arrives as a space."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise ValueError("Must be a day or a moment, as 2026-01-31 or 2026-01-31T12:00:00Z.") from error
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("Lies beyond the calendar.") from error


def parse_text(text: str) -> str:
    if not text:
        raise ValueError("Must not be empty.")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"At most {LONGEST_TEXT} characters.")
    if not is_storable(text):
        raise ValueError("Holds characters that cannot be stored.")
    return text
