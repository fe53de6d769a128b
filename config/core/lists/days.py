"""Ranges of days in filters: from the midnight of the first day to the midnight after the last, in the enterprise's time zone."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django_filters.widgets import DateRangeWidget

from config.core import enterprise


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
    return {"fields": fields, "widget": DateRangeWidget(attrs={"type": "date"})}


def help_text() -> str:
    return f"Days begin at midnight in {enterprise.current().zone}."


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=enterprise.zone())


def end_of(day: date) -> datetime:
    """Return the midnight after the day, and after the last day of the calendar its last moment."""
    return datetime.combine(day, time.max, tzinfo=enterprise.zone()) if day == date.max else begin_of(day + timedelta(days=1))
