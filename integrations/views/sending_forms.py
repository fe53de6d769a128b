"""The forms of the page of a destination's sending rules."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from config.core.forms.layout import Fields, Section, ShownWhen, SideBySide
from config.core.forms.numbers import GroupedNumberField
from config.core.forms.page_form import PageForm
from integrations.destinations.hours import Hours
from integrations.destinations.services import SendingRules

MOST_PER_MINUTE, HIGHEST_CAP = 100_000, 100_000_000
ALWAYS, HOURS = "always", "hours"
WEEKDAYS = [(number, name) for number, name in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))]
TIME_FORMATS = ["%H:%M", "%H:%M:%S", "%H.%M", "%Hh%M", "%H", "%H%M", "%I:%M %p", "%I:%M%p", "%I.%M %p", "%I.%M%p", "%I %p", "%I%p"]
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
OVERLAPS = [("24", "24 hours"), ("1", "One hour"), ("72", "3 days"), ("168", "7 days"), ("0", "Not at all: it ends at once")]


class TimeOfDayField(forms.TimeField):
    """A time in whole minutes. 24:00 is midnight."""

    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=TIME_FORMATS, **options)

    def to_python(self, value: Any) -> time | None:
        if isinstance(value, str):
            value = value.strip().upper()
            value = "00:00" if value in ("24:00", "24:00:00", "24") else value
        parsed = super().to_python(value)
        return parsed.replace(second=0, microsecond=0) if parsed else None


def cap_field(period: str) -> GroupedNumberField:
    return GroupedNumberField(required=False, min_value=1, max_value=HIGHEST_CAP, label=f"At most a {period}")


class SendingRulesForm(PageForm):
    layout = Fields(
        Section("Speed", "per_minute"),
        Section("Delivery hours", "when", ShownWhen("when", HOURS, "weekdays", SideBySide("opens", "closes"), demanded=True)),
        Section("Caps", SideBySide("cap_day", "cap_week", "cap_month")),
    )

    per_minute = GroupedNumberField(
        required=False, min_value=1, max_value=MOST_PER_MINUTE, label="At most a minute",
        help_text="How many are sent in any sixty seconds. Empty: as many as the receiver takes.",
    )  # fmt: skip
    when = forms.ChoiceField(
        choices=[(ALWAYS, "At any time"), (HOURS, "In these hours only")], widget=forms.RadioSelect, label="It is sent"
    )
    weekdays = forms.TypedMultipleChoiceField(
        choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple, required=False, label="On these days"
    )
    opens = TimeOfDayField(required=False, label="From")
    closes = TimeOfDayField(
        required=False, label="To",
        help_text="Earlier than the first: the hours run over midnight, from these days on. The same: a whole day.",
    )  # fmt: skip
    cap_day = cap_field("day")
    cap_week = cap_field("week")
    cap_month = cap_field("month")

    def __init__(self, data: Mapping[str, Any] | None = None, *, rules: SendingRules) -> None:
        hours = rules.hours or {"weekdays": range(5), "opens": "09:00", "closes": "17:30"}
        caps = {name: getattr(rules, name) for name in ("per_minute", "cap_day", "cap_week", "cap_month")}
        super().__init__(data, initial={**caps, **hours, "when": HOURS if rules.hours else ALWAYS})
        for cap in ("cap_day", "cap_week", "cap_month"):
            self.fields[cap].widget.attrs["placeholder"] = "No cap"
        self.fields["per_minute"].widget.attrs["placeholder"] = "No limit"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("when") == HOURS:
            missing = {"weekdays": "Tick at least one day.", "opens": "Say when they begin.", "closes": "Say when they end."}
            for name, problem in missing.items():
                if cleaned.get(name) in (None, []) and name not in self.errors:
                    self.add_error(name, problem)
        return cleaned

    @property
    def rules(self) -> SendingRules:
        cleaned = self.cleaned_data
        hours: Mapping[str, Any] = {}
        if cleaned["when"] == HOURS:
            hours = Hours(frozenset(cleaned["weekdays"]), cleaned["opens"], cleaned["closes"]).to_json()
        return SendingRules(cleaned["per_minute"], hours, cleaned["cap_day"], cleaned["cap_week"], cleaned["cap_month"])


class RotationForm(PageForm):
    overlap = forms.ChoiceField(
        choices=OVERLAPS,
        label="The old one stays valid for",
        help_text="Meanwhile each call has a signature by both, and the receiver may check either.",
    )

    @property
    def chosen(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["overlap"]))


class SinceForm(PageForm):
    """The moment since which is sent again, in the zone of the user."""

    since = forms.DateTimeField(
        label="Since", widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        help_text="What was last tried then or later is sent again.",
    )  # fmt: skip

    def clean_since(self) -> datetime:
        since: datetime = self.cleaned_data["since"]
        if since.year < EARLIEST.year:
            raise forms.ValidationError("Give a moment after the year 2000.")
        if since > timezone.now():
            raise forms.ValidationError("This moment is still to come.")
        return since
