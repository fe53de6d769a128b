"""Filters of lists of leads: those that the columns declare, but none that is masked for the user, and the search box."""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from campaigns.scope import Who
from config.core.accounts.requests import UserRequest
from config.core.errors import ROLE
from config.core.ids import ids_in
from config.core.lists.filters import ListFilterSet
from leads.columns import all_columns
from leads.columns.filter_types import TalliedFilter
from leads.extension_points import LeadColumn
from leads.search import SearchRefused, find_leads, refuse_search

CHOICES_AT_MOST = 200
"""Entries of a drop-down: with more, the page would grow with the table."""


class LeadFilters(ListFilterSet):
    """Base of the filter sets of leads. `filters_for` returns one with the filters of columns."""

    columns: ClassVar[tuple[LeadColumn, ...]] = ()
    quiet: Collection[str] = ("search",)
    request: UserRequest

    search = django_filters.CharFilter(label="Search", method="by_search", max_length=320)

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        return {**super().get_filters(), **{column.filter_name: column.filter for column in cls.columns}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.who = self.request.user
        self.hidden = [column for column in self.columns if column.is_hidden(self.who)]
        self.quiet = ("search", *(column.filter_name for column in self.hidden))

    @property
    def form(self) -> forms.Form:
        """The form, with filters by hidden columns refused and with the choices of the user."""
        is_new = not hasattr(self, "_form")
        form: forms.Form = super().form
        if is_new:
            for column in self.hidden:
                form.fields[column.filter_name].validators.append(_refuse_masked(column.masked))
            for name, field in form.fields.items():
                if isinstance(field, forms.ModelChoiceField):
                    field.widget.choices = _limited_choices(field, form.data.get(name))
            form.fields["search"].validators.append(self._validate_search)
        return form

    def problems(self, *args: Any, **kwargs: Any) -> list[str]:
        """Add the reason why leads cannot be sorted by a hidden column. The list itself refuses the sort."""
        problems = super().problems(*args, **kwargs)
        sort = str(self.data.get("sort", "")).removeprefix("-")
        for column in all_columns(self.who):
            if sort == column.key and column.sort and column.is_hidden(self.who):
                problems.append(ROLE.lifts(f"{column.masked} are masked for your role, so leads cannot be sorted by them."))
        return problems

    def tally_keys(self) -> dict[str, Any] | None:
        """Return the filters as `tallies.count_for` takes them, or None when it cannot count their results."""
        keys: dict[str, Any] = {}
        for name, value in self.form.cleaned_data.items():
            if value:
                filter_ = self.filters[name]
                if not isinstance(filter_, TalliedFilter):
                    return None
                keys |= filter_.tally_keys(value, self.who)
        return keys

    def by_search(self, leads: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002  (django-filter's signature)
        found = find_leads(value, self.who)
        self.limit = found.limit
        return leads.filter(found.condition)

    def _validate_search(self, value: str) -> None:
        try:
            refuse_search(value, self.who)
        except SearchRefused as refused:
            raise ValidationError(str(refused)) from refused


def filters_for(who: Who, *, without: str = "") -> type[LeadFilters]:
    """Return the filter set of the columns that the role may see. `without` names a filter that the list itself decides."""
    return _filter_set(tuple(column for column in all_columns(who) if column.filter and column.filter_name != without))


@lru_cache(maxsize=64)
def _filter_set(filtered: tuple[LeadColumn, ...]) -> type[LeadFilters]:
    class ColumnFilters(LeadFilters):
        columns = filtered

    return ColumnFilters


def _refuse_masked(noun: str) -> Callable[[str], None]:
    """Return a validator for a filter by masked values."""

    def refuse(_value: str) -> None:
        raise ValidationError(ROLE.lifts(f"{noun} are masked for your role, so leads cannot be filtered by them."))

    return refuse


def _limited_choices(field: forms.ModelChoiceField, chosen: str | None) -> list[tuple[Any, str]]:
    """Return the first choices, and the chosen one."""
    assert field.queryset is not None, "each filter of the list declares its queryset"
    names = field.queryset.values_list("pk", "name")
    choices = list(names[:CHOICES_AT_MOST])
    listed = dict(choices)
    choices += names.filter(pk__in=[pk for pk in ids_in([chosen or ""]) if pk not in listed])
    return [("", field.empty_label), *choices]
