"""Filter sets that refuse unknown parameters: an unknown name or a wrong value selects nothing and is reported."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils import timezone
from django_filters import FilterSet
from django_filters.widgets import SuffixedMultiWidget


@dataclass(frozen=True)
class Chip:
    """A filter above the list, with its value when it is set, else as one that can be added."""

    name: str
    field: BoundField
    value: str
    parameters: tuple[str, ...]

    @property
    def is_range(self) -> bool:
        return isinstance(self.field.field.widget, forms.MultiWidget)


class ListFilterSet(FilterSet):
    """Base of the filter sets. django-filter ignores parameters it does not know; these report them (law 7).

    `quiet` names filters offered elsewhere on the page (the search box): they are shown only while set.
    """

    quiet: Collection[str] = ()
    limit = ""
    """Why the rows may not be all that match, in words. It is known once they are read."""

    def problems(self, *, besides: Collection[str] = ()) -> list[str]:
        """Return a message for each parameter that is not understood. `besides` are the page's own parameters."""
        known = {name: field for field, names in self._parameters() for name in names}
        unknown = [f"“{name}” is not a filter of this list." for name in self.data if name not in known and name not in besides]
        repeated = []
        for name, field in known.items():
            values = self.data.getlist(name) if isinstance(self.data, QueryDict) else [self.data[name]] if name in self.data else []
            several = len([value for value in values if value != ""]) > 1
            if several and not getattr(field.field.widget, "allow_multiple_selected", False):
                repeated.append(f"{field.label}: given more than once.")
        invalid = [f"{self.form[name].label}: {' '.join(messages)}" for name, messages in self.form.errors.items()]
        return unknown + repeated + invalid

    def chips(self) -> list[Chip]:
        values = getattr(self.form, "cleaned_data", {})
        return [Chip(field.name, field, _value_text(field.field, values.get(field.name)), names) for field, names in self._parameters()]

    def _parameters(self) -> Iterator[tuple[BoundField, tuple[str, ...]]]:
        for field in self.form:
            name, widget = field.name, field.field.widget
            if isinstance(widget, SuffixedMultiWidget):
                yield field, tuple(widget.suffixed(name, suffix) for suffix in widget.suffixes)
            elif isinstance(widget, forms.MultiWidget):
                yield field, tuple(name + suffix for suffix in widget.widgets_names)  # type: ignore[attr-defined]  # missing from the stubs
            else:
                yield field, (name,)


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
