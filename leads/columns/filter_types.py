"""The filters that columns of leads declare. Each is served by an index, which its column names."""

import re
from collections.abc import Callable
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django_filters.constants import EMPTY_VALUES
from django_filters.widgets import RangeWidget
from typing_extensions import override

from campaigns.scope import Who
from config.core.lists import days
from config.core.lists.beginnings import begins_with_any
from config.core.lists.dropdown import Dropdown
from leads.models import Lead
from leads.selectors import billable_column
from leads.values import telephone_text, telephones

ANY = "Any"
YES_NO = [("yes", "Yes"), ("no", "No")]
_DIGITS = re.compile("-?[0-9]+")
LARGEST_SCORE = 2_000_000_000
"""Scores are four-byte integers."""


class TalliedFilter:
    """A filter whose results the tallies can count."""

    field_name: str

    def tally_keys(self, value: Any, who: Who) -> dict[str, Any]:  # noqa: ARG002  (for subclasses)
        """Return the filter as `tallies.count_for` takes it."""
        return {self.field_name: value}


class StatusFilter(TalliedFilter, django_filters.ChoiceFilter):
    def __init__(self, field_name: str, *, label: str, choices: Any) -> None:
        super().__init__(field_name, label=label, choices=choices, empty_label=ANY)


class RowFilter(TalliedFilter, django_filters.ModelChoiceFilter):
    """A choice among the rows that the user may see."""

    def __init__(self, field_name: str, *, label: str, rows_for: Callable[[Who], QuerySet]) -> None:
        queryset = lambda request: rows_for(request.user)  # noqa: E731  (django-filter takes a function of the request)
        super().__init__(field_name, label=label, queryset=queryset, widget=Dropdown, empty_label=ANY)

    @override
    def tally_keys(self, value: Any, who: Who) -> dict[str, Any]:
        return {f"{self.field_name}_id": value.pk}


class BillableFilter(TalliedFilter, django_filters.ChoiceFilter):
    """Billable by the flag that the user means (`billable_column`)."""

    def __init__(self, *, label: str) -> None:
        super().__init__(label=label, choices=YES_NO, empty_label=ANY)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return qs.filter(**self.tally_keys(value, self.parent.request.user)) if value else qs

    def tally_keys(self, value: Any, who: Who) -> dict[str, Any]:
        return {billable_column(who): value == "yes"}


class DayFilter(TalliedFilter, django_filters.RangeFilter):
    """A range of the enterprise's days, as leads are counted."""

    def __init__(self, field_name: str, *, label: str) -> None:
        super().__init__(field_name, label=label, **days.range_options())

    @property
    def field(self) -> forms.Field:
        field: forms.Field = super().field
        field.help_text = days.help_text()
        return field

    def filter(self, qs: QuerySet, value: slice | None) -> QuerySet:
        if value and value.start is not None:
            qs = qs.filter(**{f"{self.field_name}__gte": days.begin_of(value.start)})
        if value and value.stop is not None:
            qs = qs.filter(**{f"{self.field_name}__lt": days.end_of(value.stop)})
        return qs

    @override
    def tally_keys(self, value: slice, who: Who) -> dict[str, Any]:
        return {"day_from": value.start, "day_to": value.stop}


class WholeNumberField(forms.IntegerField):
    """A number in digits. Django's field takes 1.0 and 1_0 too."""

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str) and value.strip() and not _DIGITS.fullmatch(value.strip()):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class PointsFilter(django_filters.RangeFilter):
    def __init__(self, field_name: str, *, label: str, help_text: str) -> None:
        least, most = (WholeNumberField(required=False, min_value=0, max_value=LARGEST_SCORE) for _ in range(2))
        widget = RangeWidget(attrs={"inputmode": "numeric"})
        super().__init__(field_name, label=label, fields=(least, most), widget=widget, help_text=help_text)


class WholeNumberFilter(django_filters.Filter):
    field_class = WholeNumberField


class MemberFilter(WholeNumberFilter):
    """An id that a column of ids contains."""

    def filter(self, qs: QuerySet, value: int | None) -> QuerySet:
        if value is None:
            return qs
        # The partial index is used only for queries that exclude empty lists.
        return qs.filter(**{f"{self.field_name}__contains": [value]}).exclude(**{self.field_name: []})


class SetFilter(django_filters.ChoiceFilter):
    """A flag that is set. Leads without it are most of them, and not offered."""

    def __init__(self, field_name: str, *, label: str, help_text: str) -> None:
        super().__init__(field_name, label=label, choices=YES_NO[:1], empty_label=ANY, help_text=help_text)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return qs.filter(**{self.field_name: True}) if value else qs


class PrefixFilter(django_filters.CharFilter):
    """A whole value, or how it begins, in the form in which its column is stored.

    The search box also finds leads by it, for texts that `suits` accepts.
    """

    def __init__(
        self,
        field_name: str,
        *,
        label: str,
        help_text: str,
        max_length: int,
        normal_form: Callable[[str], str],
        suits: Callable[[str], bool],
    ) -> None:
        super().__init__(field_name, label=label, help_text=help_text, max_length=max_length)
        self.normal_form, self.suits = normal_form, suits

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return qs if value in EMPTY_VALUES else qs.filter(self.condition(value))

    def condition(self, text: str) -> Q:
        """Return the condition on Lead. It excludes blanks explicitly, because a partial index is used only for queries that do."""
        prefix = self.normal_form(text)
        if not prefix:
            return Q(pk__in=[])
        return Q(**{f"{self.field_name}__startswith": prefix}) & ~Q(**{self.field_name: ""})


class TelephoneFilter(PrefixFilter):
    """A whole telephone number, or how it begins, however it and the number of the lead are written."""

    def __init__(self, field_name: str, *, label: str, help_text: str) -> None:
        longest = telephone_text.LONGEST
        super().__init__(
            field_name, label=label, help_text=help_text, max_length=longest, normal_form=telephones.key, suits=telephones.is_searchable
        )

    def condition(self, text: str) -> Q:
        """Return the condition on Lead. A national number may be one of any country."""
        return begins_with_any(Lead, self.field_name, telephones.beginnings(text))
