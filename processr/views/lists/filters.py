"""Filters of lists and their entries. Entries are filtered by how they begin, because that is what the index supports."""

from collections.abc import Callable

import django_filters
from django import forms
from django.db.models import QuerySet

from config.core.lists.filters import ListFilterSet
from leads.values import emails, texts
from processr.lists.kinds import LONGEST, fold_value
from processr.lists.selectors import advertisers_with_lists, suppressed_phones


class ListFilters(ListFilterSet):
    name = django_filters.CharFilter(label="Name", lookup_expr="icontains", max_length=160)


class AdvertiserListFilters(ListFilters):
    advertiser = django_filters.ModelChoiceFilter(
        queryset=lambda request: advertisers_with_lists(request.user), label="Advertiser", empty_label="Any"
    )


def _begins(label: str, column: str, fold: Callable[[str], str]) -> django_filters.CharFilter:
    """Return a filter on the key. The input is folded as the keys are."""

    def filter_rows(rows: QuerySet, _name: str, value: str) -> QuerySet:
        beginning = fold(value)
        if not beginning:
            return rows.none()
        return rows.filter(**{f"{column}__startswith": beginning, f"{column}__gte": beginning})

    return django_filters.CharFilter(label=label, method=filter_rows, max_length=LONGEST, widget=forms.TextInput(attrs={"type": "search"}))


class ValueFilters(ListFilterSet):
    value = _begins("Value begins with", "key", fold_value)


class EmailFilters(ListFilterSet):
    email = _begins("E-mail begins with", "email", emails.canonical)


class NameFilters(ListFilterSet):
    name = _begins("Name begins with", "name_key", texts.fold_accents)


class PhoneFilters(ListFilterSet):
    telephone = django_filters.CharFilter(
        label="Telephone begins with",
        method=lambda rows, _name, value: rows.filter(suppressed_phones(value)),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
