"""Ranges of days in filters: from the midnight of the first day to the midnight after the last, in the enterprise's time zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django_filters.widgets import DateRangeWidget, SuffixedMultiWidget

from config.core import enterprise
from config.core.lists.dropdown import Dropdown

BOUNDS = ("First day", "Last day")


def range_options() -> dict[str, Any]:
    """Return the options of a `RangeFilter` over days."""
    fields = tuple(
        forms.DateField(
            required=False,
            input_formats=["%Y-%m-%d"],  # Django's others take 01/02/2026 for 2 January, wherever it was written.
            error_messages={"invalid": "Enter a valid date. Write it as 2026-01-31."},
        )
        for _ in range(2)
    )
    widget = DateRangeWidget(attrs={"type": "date"})
    for day, name in zip(widget.widgets, BOUNDS, strict=True):
        day.attrs["aria-label"] = name
    return {"fields": fields, "widget": widget, "validators": [_refuse_backwards]}


def _refuse_backwards(days: Any) -> None:
    if days.start and days.stop and days.start > days.stop:
        raise forms.ValidationError("The first day is after the last one.")


def help_text() -> str:
    return f"Days begin at midnight in {enterprise.current().zone}."


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=enterprise.zone())


def end_of(day: date) -> datetime:
    """Return the midnight after the day, and after the last day of the calendar its last moment."""
    return datetime.combine(day, time.max, tzinfo=enterprise.zone()) if day == date.max else begin_of(day + timedelta(days=1))


PRESETS = {"today": "Today", "yesterday": "Yesterday", "last_7_days": "Last 7 days", "this_month": "This month"}
"""Ranges that move with the day on which they are read."""


def days_of_preset(preset: str) -> tuple[date, date]:
    """Return the first and the last day, as it is now where the enterprise is."""
    today = timezone.now().astimezone(enterprise.zone()).date()
    if preset == "yesterday":
        return today - timedelta(days=1), today - timedelta(days=1)
    if preset == "last_7_days":
        return today - timedelta(days=6), today
    return (today.replace(day=1) if preset == "this_month" else today), today


@dataclass(frozen=True)
class Days:
    """A range of days, open at an end that is None, and the preset that it comes from."""

    start: date | None
    stop: date | None
    preset: str = ""

    def __str__(self) -> str:
        if self.preset:
            return PRESETS[self.preset].lower()
        first, last = (f"{day.day} {day:%b %Y}" if day else "" for day in (self.start, self.stop))
        if not first or not last:
            return f"from {first}" if first else f"until {last}"
        return first if first == last else f"{first} – {last}"


class DaysWidget(DateRangeWidget):
    template_name = "django/forms/widgets/multiwidget.html"
    suffixes = ["", "after", "before"]

    def __init__(self) -> None:
        preset = Dropdown({"aria-label": "Days"}, choices=[("", "Any days"), *PRESETS.items()])
        days = (forms.TextInput({"type": "date", "aria-label": name}) for name in BOUNDS)
        SuffixedMultiWidget.__init__(self, (preset, *days))

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["subwidgets"][0]["attrs"]["class"] = "form-select"
        return context

    def decompress(self, value: Any) -> list[Any]:  # noqa: ARG002  (only bound forms are shown)
        return [None, None, None]


class DaysField(forms.MultiValueField):
    """A range of days: a preset, or the first and the last of them."""

    def __init__(self, **kwargs: Any) -> None:
        preset = forms.ChoiceField(choices=[("", ""), *PRESETS.items()], required=False)
        super().__init__(
            (preset, *range_options()["fields"]), widget=DaysWidget(), require_all_fields=False, validators=[_refuse_backwards], **kwargs
        )
        self.help_text = help_text()

    def compress(self, data_list: list[Any]) -> Days | None:
        preset, first, last = data_list or ("", None, None)
        if preset and (first or last):
            raise forms.ValidationError("Choose a preset or days, not both.")
        if preset:
            return Days(*days_of_preset(preset), preset)
        return Days(first, last) if first or last else None
