"""The filters that columns of leads declare. Each is served by an index, which its column names."""

import re
from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.db.models import Model, Q, QuerySet
from django_filters.fields import RangeField
from django_filters.widgets import RangeWidget
from typing_extensions import override

from campaigns.scope import Who
from config.core.ids import ids_in
from config.core.lists import days
from config.core.lists.beginnings import begins_with_any
from config.core.lists.check_list import CheckList
from config.core.lists.days import Days
from config.core.lists.parameters import CONTAINS, EQUALS, NOT, PRESENCE
from leads.columns.filter_parts import BEFORE_VALUES, ColumnFilter, PresenceField, TalliedFilter, TextsField
from leads.models import Lead
from leads.selectors import billable_column
from leads.values import telephone_text, telephones

ANY = "Any"
YES_NO = [("yes", "Yes"), ("no", "No")]
YES_NO_LABELS = {True: "Yes", False: "No"}
CHOICES_AT_MOST = 200
"""Entries of a choice: with more, the page would grow with the table."""
_DIGITS = re.compile("-?[0-9]+")
LARGEST_SCORE = 2_000_000_000
"""Scores are four-byte integers."""


class StatusFilter(TalliedFilter):
    """A choice among all values of a column. So *not* is any of the others, which the index and the tallies serve too."""

    operators = indexed = (EQUALS, NOT)

    def __init__(self, field_name: str, *, label: str, choices: Iterable[tuple[str, str]]) -> None:
        super().__init__(field_name, label=label)
        self.labels = {key: str(name) for key, name in choices}

    def make_field(self) -> forms.Field:
        choices = list(self.labels.items())
        return forms.MultipleChoiceField(choices=choices, widget=CheckList, label=self.label, required=False)

    @override
    def matching(self, value: list[str]) -> Q:
        wanted = self._wanted(value)
        return Q(**{f"{self.field_name}__in": wanted}) if len(wanted) != 1 else Q(**{str(self.field_name): wanted[0]})

    def tally_keys(self, value: list[str]) -> dict[str, Any]:
        return {str(self.field_name): self._wanted(value)}

    def text_of(self, value: list[str]) -> str:
        return BEFORE_VALUES[self.operator] + ", ".join(self.labels[key] for key in value)

    def _wanted(self, value: list[str]) -> list[str]:
        return [key for key in self.labels if (key in value) == (self.operator == EQUALS)]


class VisibleRowsField(forms.Field):
    """Some of the rows that the user sees, by their ids."""

    def __init__(self, rows: QuerySet, *, chosen: Iterable[str], **kwargs: Any) -> None:
        super().__init__(widget=CheckList(choices=lambda: _limited_choices(rows, chosen)), **kwargs)
        self.rows = rows

    def to_python(self, value: Iterable[str] | None) -> list[Model]:
        texts = list(value or ())
        found = {str(row.pk): row for row in self.rows.filter(pk__in=ids_in(texts))} if texts else {}
        if unknown := [text for text in texts if text not in found]:
            raise forms.ValidationError(f"“{unknown[0][:40]}” is none that you see.")
        return [found[text] for text in dict.fromkeys(texts)]


class RowFilter(TalliedFilter):
    """A choice among the rows that the user may see. The index serves those chosen, and *not* is bounded."""

    operators = (EQUALS, NOT)

    def __init__(self, field_name: str, *, label: str, rows_for: Callable[[Who], QuerySet]) -> None:
        super().__init__(field_name, label=label)
        self.rows_for = rows_for

    def make_field(self) -> forms.Field:
        chosen = self.parent.given(self.parameter)
        return VisibleRowsField(self.rows_for(self.who), chosen=chosen, label=self.label, required=False)

    def equal_to(self, value: list[Model]) -> Q:
        return Q(**{f"{self.field_name}__in": value}) if len(value) > 1 else Q(**{str(self.field_name): value[0]})

    @override
    def tally_keys(self, value: list[Model]) -> dict[str, Any]:
        key, ids = f"{self.field_name}_id", [row.pk for row in value]
        return {"without": {key: ids}} if self.operator == NOT else {key: ids}


class BillableFilter(TalliedFilter):
    """Billable by the flag that the user means (`billable_column`)."""

    def __init__(self, *, label: str) -> None:
        super().__init__(label=label)

    def make_field(self) -> forms.Field:
        return forms.ChoiceField(choices=[("", ANY), *YES_NO], label=self.label, required=False)

    def equal_to(self, value: str) -> Q:
        return Q(**self.tally_keys(value))

    def tally_keys(self, value: str) -> dict[str, Any]:
        return {billable_column(self.who): value == "yes"}

    def text_of(self, value: str) -> str:
        return dict(YES_NO)[value]


class DaysFilter(ColumnFilter):
    """A range of the enterprise's days."""

    suffixes = ("", "_after", "_before")
    indexed: tuple[str, ...] = ()

    def __init__(self, field_name: str, *, label: str) -> None:
        super().__init__(field_name, label=label)

    def make_field(self) -> forms.Field:
        return days.DaysField(label=self.label, required=False)

    def equal_to(self, value: Days) -> Q:
        bounds: dict[str, Any] = {"isnull": False}
        if value.start is not None:
            bounds["gte"] = days.begin_of(value.start)
        if value.stop is not None:
            bounds["lt"] = days.end_of(value.stop)
        return Q(**{f"{self.field_name}__{lookup}": bound for lookup, bound in bounds.items()})


class DayFilter(DaysFilter, TalliedFilter):
    """The days on which leads were created, as they are counted."""

    indexed = (EQUALS,)

    @override
    def tally_keys(self, value: Days) -> dict[str, Any]:
        return {"day_from": value.start, "day_to": value.stop}


class WholeNumberField(forms.IntegerField):
    """A number in digits. Django's field takes 1.0 and 1_0 too."""

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str) and value.strip() and not _DIGITS.fullmatch(value.strip()):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class IdsField(TextsField):
    """Ids, also several in one text, as people paste them."""

    def to_python(self, value: Iterable[str] | None) -> list[str]:
        return [text for texts in super().to_python(value) for text in re.split(r"[\s,;]+", texts) if text]


class LeadIdsFilter(ColumnFilter):
    """Leads by their numbers, of which several may be given."""

    def make_field(self) -> forms.Field:
        return IdsField(max_length=10_000, label=self.label, required=False, validators=[_check_ids])

    def equal_to(self, value: list[str]) -> Q:
        return Q(**{f"{self.field_name}__in": ids_in(value)})


class WholeNumberFilter(django_filters.Filter):
    field_class = WholeNumberField


class NumberRangeFilter(ColumnFilter):
    """At least, at most, or both."""

    suffixes = ("_min", "_max")

    def __init__(self, field_name: str, *, label: str, fields: tuple[forms.Field, forms.Field], help_text: str = "") -> None:
        super().__init__(field_name, label=label)
        self.fields, self.help_text = fields, help_text

    def make_field(self) -> forms.Field:
        widget = RangeWidget(attrs={"inputmode": "decimal"})
        for bound, name in zip(widget.widgets, ("At least", "At most"), strict=True):
            bound.attrs["aria-label"] = name
        described = {"label": self.label, "help_text": self.help_text, "validators": [_refuse_backwards]}
        field: forms.Field = RangeField(fields=self.fields, widget=widget, required=False, **described)
        return field

    def equal_to(self, value: slice) -> Q:
        bounds = {"gte": value.start, "lte": value.stop}
        return Q(**{f"{self.field_name}__{lookup}": bound for lookup, bound in bounds.items() if bound is not None})

    def text_of(self, value: slice) -> str:
        if value.start is None or value.stop is None:
            return f"at most {value.stop}" if value.start is None else f"at least {value.start}"
        return f"{value.start} – {value.stop}"


def _refuse_backwards(numbers: slice) -> None:
    if numbers.start is not None and numbers.stop is not None and numbers.start > numbers.stop:
        raise forms.ValidationError("The least is more than the most.")


class PointsFilter(NumberRangeFilter):
    def __init__(self, field_name: str, *, label: str, help_text: str) -> None:
        least, most = (WholeNumberField(required=False, min_value=0, max_value=LARGEST_SCORE) for _ in range(2))
        super().__init__(field_name, label=label, fields=(least, most), help_text=help_text)


class SetFilter(ColumnFilter):
    """A flag that is set. Leads without it are most of them, and not offered."""

    def __init__(self, field_name: str, *, label: str, help_text: str) -> None:
        super().__init__(field_name, label=label)
        self.help_text = help_text

    def make_field(self) -> forms.Field:
        return forms.ChoiceField(choices=[("", ANY), *YES_NO[:1]], label=self.label, help_text=self.help_text, required=False)

    def equal_to(self, value: str) -> Q:  # noqa: ARG002  (there is one value)
        return Q(**{str(self.field_name): True})

    def text_of(self, value: str) -> str:  # noqa: ARG002
        return "Yes"


class PrefixFilter(ColumnFilter):
    """A whole value, or how it begins, in the form in which its column is stored. The other ways to compare are bounded.

    The search box also finds leads by it, for texts that `suits` accepts.
    """

    operators = (EQUALS, NOT, CONTAINS, PRESENCE)

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
        super().__init__(field_name, label=label)
        self.help_text, self.max_length = help_text, max_length
        self.normal_form, self.suits = normal_form, suits

    def make_field(self) -> forms.Field:
        if self.operator == PRESENCE:
            return PresenceField(label=self.label, required=False)
        help_text = self.help_text if self.operator == EQUALS else ""
        return TextsField(max_length=self.max_length, label=self.label, help_text=help_text, required=False)

    def equal_to(self, value: Any) -> Q:
        if self.operator == PRESENCE:
            empty = Q(**{str(self.field_name): ""})
            return empty if value == "empty" else ~empty
        condition_of = self.containing if self.operator == CONTAINS else self.condition
        return reduce(or_, map(condition_of, value))

    def condition(self, text: str) -> Q:
        """Return the condition on Lead. It excludes blanks explicitly, because a partial index is used only for queries that do."""
        prefix = self.normal_form(text)
        if not prefix:
            return Q(pk__in=[])
        return Q(**{f"{self.field_name}__startswith": prefix}) & ~Q(**{str(self.field_name): ""})

    def containing(self, text: str) -> Q:
        return Q(**{f"{self.field_name}__icontains": text})

    def text_of(self, value: Any) -> str:
        if self.operator == PRESENCE:
            return "empty" if value == "empty" else "not empty"
        return super().text_of(value)


class TelephoneFilter(PrefixFilter):
    """A whole telephone number, or how it begins, however it and the number of the lead are written."""

    def __init__(self, field_name: str, *, label: str, help_text: str) -> None:
        longest = telephone_text.LONGEST
        super().__init__(
            field_name, label=label, help_text=help_text, max_length=longest, normal_form=telephones.key, suits=telephones.is_searchable
        )

    def condition(self, text: str) -> Q:
        """Return the condition on Lead. A national number may be one of any country."""
        return begins_with_any(Lead, str(self.field_name), telephones.beginnings(text))

    def containing(self, text: str) -> Q:
        digits = "".join(re.findall("[0-9]", text))
        return Q(phone__contains=digits) if digits else Q(pk__in=[])


def _check_ids(texts: list[str]) -> None:
    if unknown := [text for text in texts if not ids_in([text])]:
        raise forms.ValidationError(f"“{unknown[0]}” is no id. Write it in digits, as in 1024.")


def _limited_choices(rows: QuerySet, chosen: Iterable[str]) -> list[tuple[Any, str]]:
    """Return the first choices, and the chosen ones."""
    names = rows.values_list("pk", "name")
    choices = list(names[:CHOICES_AT_MOST])
    listed = dict(choices)
    missing = [pk for pk in ids_in(chosen) if pk not in listed]
    return [*choices, *names.filter(pk__in=missing)] if missing else choices
