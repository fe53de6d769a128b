"""Filter sets that refuse unknown parameters: an unknown name or a wrong value selects nothing and is reported."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Model, Q, QuerySet
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils import timezone
from django_filters import FilterSet
from django_filters.widgets import SuffixedMultiWidget

FILTERS_AT_MOST = 30
"""Filters of one request: each costs a form and a condition."""
CROWDED = f"Use at most {FILTERS_AT_MOST} filters at once."
ADD = "add"
"""The parameter that names the filters to be filled in: they are shown, and narrow nothing while they are empty."""


@dataclass(frozen=True)
class Offer:
    """A filter that can be added."""

    name: str
    label: str
    group: str = ""


@dataclass(frozen=True)
class Chip:
    """A filter above the list: in use, with its value, or just added. `fields` are its controls, of which the first is the usual one."""

    name: str
    label: str
    fields: tuple[BoundField, ...]
    value: str
    parameters: tuple[str, ...]

    @property
    def further_fields(self) -> tuple[BoundField, ...]:
        return self.fields[1:]

    @property
    def is_wrong(self) -> bool:
        return any(field.errors for field in self.fields)

    @property
    def uses_further_fields(self) -> bool:
        return any(field.value() for field in self.further_fields)


class ListFilterSet(FilterSet):
    """Base of the filter sets. django-filter ignores parameters it does not know; these report them (law 7).

    `quiet` names filters offered elsewhere on the page (the search box): they are shown only while set.
    `bounded` is the part of the condition that no index serves: pages read the rows without it, a limited number of
    them, and test it row by row (`config.core.lists.bounded`). `qs` contains it.
    """

    quiet: Collection[str] = ()
    finds = "Find a filter"
    bounded: Q | None = None
    limit = ""
    """Why the rows may not be all that match, in words. It is known once they are read."""

    @property
    def form(self) -> forms.Form:
        """The form, in which each bound of a range has a name."""
        is_new = not hasattr(self, "_form")
        form: forms.Form = super().form
        for field in form.fields.values() if is_new else ():
            if isinstance(field.widget, forms.MultiWidget):
                for widget, name in zip(field.widget.widgets, ("From", "To"), strict=False):
                    widget.attrs.setdefault("aria-label", name)
        return form

    @property
    def unbounded_rows(self) -> QuerySet:
        """Return the rows that match all but the bounded part."""
        rows: QuerySet = self.qs
        return rows

    def problems(self, *, besides: Collection[str] = ()) -> list[str]:
        """Return a message for each parameter that is not understood. `besides` are the page's own parameters."""
        if self.is_crowded:
            return [CROWDED]
        known = {name: field for field, names in self._parameters() for name in names}
        unknown = [f"“{name}” is not a filter of this list." for name in self.data if name not in known and name not in besides]
        unknown += [f"“{text}” is not a filter of this list." for text in self.added() if text and self.find(text) is None]
        repeated = []
        for name, field in known.items():
            several = len([value for value in self.given(name) if value != ""]) > 1
            if several and not getattr(field.field.widget, "allow_multiple_selected", False):
                repeated.append(f"{field.label}: given more than once.")
        invalid = [f"{self.form[name].label}: {' '.join(map(str, messages))}" for name, messages in self.form.errors.items()]
        return unknown + repeated + invalid

    def given(self, name: str) -> list[str]:
        """Return the values of a parameter."""
        if isinstance(self.data, QueryDict):
            return self.data.getlist(name)
        return [self.data[name]] if name in self.data else []

    @property
    def is_crowded(self) -> bool:
        """Whether more filters are asked for than one request may have."""
        return len(self.given(ADD)) > FILTERS_AT_MOST

    def added(self) -> list[str]:
        """Return the names or labels of the filters that are to be filled in."""
        return self.given(ADD)[:FILTERS_AT_MOST]

    def chips(self) -> list[Chip]:
        """Return the filters in use."""
        return [chip for chip in self._all_chips() if chip.value]

    def added_chips(self) -> list[Chip]:
        """Return the filters that are to be filled in: those that `add` names, and those whose values are wrong."""
        names = {self.find(text) for text in self.added()}
        return [chip for chip in self._all_chips() if not chip.value and (chip.name in names or chip.is_wrong)]

    def offers(self) -> list[Offer]:
        """Return the filters that can be added, in the order of their groups."""
        return [Offer(chip.name, chip.label) for chip in self._all_chips() if chip.name not in self.quiet]

    def offers_of_columns(self) -> list[Offer]:
        """Return the offers that the heads of columns need, where finding out the others takes a query."""
        return self.offers()

    def offers_left(self) -> list[Offer]:
        return self.without_those_in_use(self.offers())

    def without_those_in_use(self, offers: Iterable[Offer]) -> list[Offer]:
        in_use = {chip.name for chip in self.chips()}
        return [offer for offer in offers if offer.name not in in_use]

    def find(self, text: str) -> str | None:
        """Return the name of the filter with this name or label, in whatever case."""
        folded = text.strip().casefold()
        return next((offer.name for offer in self._offers if folded in (offer.name.casefold(), offer.label.casefold())), None)

    @cached_property
    def _offers(self) -> list[Offer]:
        return self.offers()

    def chip_name(self, field_name: str) -> str:
        """Return the name of the chip that a field of the form belongs to. Several may belong to one."""
        return field_name

    def chip_label(self, name: str) -> str:
        return str(self.form[name].label)

    def value_text(self, field: BoundField, value: Any) -> str:
        return _value_text(field.field, value)

    def _all_chips(self) -> list[Chip]:
        members: dict[str, list[tuple[BoundField, tuple[str, ...]]]] = {}
        for field, names in self._parameters():
            members.setdefault(self.chip_name(field.name), []).append((field, names))
        return [self._chip(name, fields) for name, fields in members.items()]

    def _chip(self, name: str, members: list[tuple[BoundField, tuple[str, ...]]]) -> Chip:
        values = self.form.cleaned_data if self.form.is_bound and (self.form.is_valid() or self.form.errors) else {}
        texts = [self.value_text(field, values.get(field.name)) for field, _ in members]
        parameters = tuple(parameter for _, names in members for parameter in names)
        return Chip(name, self.chip_label(name), tuple(field for field, _ in members), "; ".join(filter(None, texts)), parameters)

    def _parameters(self) -> Iterator[tuple[BoundField, tuple[str, ...]]]:
        for field in self.form:
            name, widget = field.name, field.field.widget
            if isinstance(widget, SuffixedMultiWidget):
                yield field, tuple(widget.suffixed(name, suffix) for suffix in widget.suffixes)
            elif isinstance(widget, forms.MultiWidget):
                yield field, tuple(name + suffix for suffix in widget.widgets_names)  # type: ignore[attr-defined]  # missing from the stubs
            else:
                yield field, (name,)

    def fields_by_parameter(self) -> dict[str, BoundField]:
        """Return the parameters that are understood, each with its field, whose name the errors of the form have."""
        return {name: field for field, names in self._parameters() for name in names}


def _value_text(field: forms.Field, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, slice):
        return _range_text(field, value.start, value.stop)
    if isinstance(value, list | tuple | set | QuerySet):
        return ", ".join(_value_text(field, member) for member in value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, date):
        local = timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
        return f"{local.day} {local:%b %Y}"
    return str(_labels(getattr(field, "choices", ())).get(str(value), value))


def _range_text(field: forms.Field, start: Any, stop: Any) -> str:
    if start is None or stop is None:
        return f"until {_value_text(field, stop)}" if start is None else f"from {_value_text(field, start)}"
    first, last = _value_text(field, start), _value_text(field, stop)
    return first if first == last else f"{first} – {last}"


def _labels(choices: Iterable[Any]) -> dict[str, Any]:
    """Return the labels by value, with groups of choices flattened."""
    flat: dict[str, Any] = {}
    for key, label in choices:
        flat.update(_labels(label) if isinstance(label, list | tuple) else {str(key): label})
    return flat
