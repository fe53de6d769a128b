"""Filter sets that refuse unknown parameters: an unknown name or a wrong value selects nothing and is reported."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import Model, QuerySet
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils import timezone
from django_filters import FilterSet
from django_filters.widgets import SuffixedMultiWidget

from config.core.accounts.forms import dress


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
    """Base of the filter sets. `quiet` names filters offered elsewhere on the page (the search box): they are shown only while set."""

    quiet: ClassVar[Collection[str]] = ()

    def get_form_class(self) -> type[forms.Form]:
        form_class = super().get_form_class()
        for field in form_class.base_fields.values():
            dress(field.widget)
        return form_class  # type: ignore[no-any-return]

    def problems(self, *, besides: Collection[str] = ()) -> list[str]:
        """Return a message for each parameter that is not understood. `besides` are the page's own parameters."""
        known = {name: field for field, names in self._parameters() for name in names}
        unknown = [f"“{name}” is not a filter of this list." for name in self.data if name not in known and name not in besides]
        twice = [
            f"{known[name].label}: given more than once." for name in known
            if len(_given(self.data, name)) > 1 and not getattr(known[name].field.widget, "allow_multiple_selected", False)
        ]  # fmt: skip
        wrong = [f"{self.form[name].label}: {' '.join(messages)}" for name, messages in self.form.errors.items()]
        return unknown + twice + wrong

    def chips(self) -> list[Chip]:
        values = getattr(self.form, "cleaned_data", {})
        return [Chip(field.name, field, _in_words(field.field, values.get(field.name)), names) for field, names in self._parameters()]

    def _parameters(self) -> Iterator[tuple[BoundField, tuple[str, ...]]]:
        for field in self.form:
            yield field, tuple(_names(field.name, field.field.widget))


def _names(name: str, widget: forms.Widget) -> Iterable[str]:
    if isinstance(widget, SuffixedMultiWidget):
        return [widget.suffixed(name, suffix) for suffix in widget.suffixes]
    if isinstance(widget, forms.MultiWidget):
        return [name + suffix for suffix in widget.widgets_names]  # type: ignore[attr-defined]
    return [name]


def _given(data: Any, name: str) -> list[str]:
    values = data.getlist(name) if isinstance(data, QueryDict) else [data[name]] if name in data else []
    return [value for value in values if value != ""]


def _in_words(field: forms.Field, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, slice):
        return _span(field, value.start, value.stop)
    if isinstance(value, list | tuple | set | QuerySet):
        return ", ".join(_in_words(field, one) for one in value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, date):
        return _day(value)
    return str(_labels(getattr(field, "choices", ())).get(str(value), value))


def _span(field: forms.Field, start: Any, stop: Any) -> str:
    if start is None or stop is None:
        return f"until {_in_words(field, stop)}" if start is None else f"from {_in_words(field, start)}"
    first, last = _in_words(field, start), _in_words(field, stop)
    return first if first == last else f"{first} – {last}"


def _day(value: date) -> str:
    local = timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
    return f"{local.day} {local:%b %Y}"


def _labels(choices: Iterable[Any]) -> dict[str, Any]:
    """Return the labels by value, with groups of choices flattened."""
    flat: dict[str, Any] = {}
    for key, label in choices:
        flat.update(_labels(label) if isinstance(label, list | tuple) else {str(key): label})
    return flat
