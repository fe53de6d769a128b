"""Filters of the list of leads: indexed columns only, and none that is masked for the user."""

from collections.abc import Callable, Collection
from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.widgets import DateRangeWidget, RangeWidget

from campaigns.selectors import campaigns_for, publishers_for
from config.core import enterprise
from config.core.accounts.requests import UserRequest
from config.core.ids import LARGEST_ID
from config.core.lists.dropdown import Dropdown
from config.core.lists.filters import ListFilterSet
from leads import privacy
from leads.intake import normalize
from leads.search import SearchRefused, begins_with, matching_leads
from leads.selectors import billable_column
from leads.statuses import CurrentStatus, DeliveryStatus

CHOICES_AT_MOST = 200
"""Entries of a drop-down: with more, the page would grow with the table."""
ANY = "Any"
YES_NO = [("yes", "Yes"), ("no", "No")]
TALLIED = frozenset({"campaign", "publisher", "created", "current_status", "delivery", "billable"})
"""Filters whose results the tallies can count."""
MASKED = {"email": "E-mail addresses", "phone": "Telephone numbers", "name": "Names"}
LARGEST_SCORE = 2_000_000_000
"""Scores are four-byte integers."""


def _campaigns(request: UserRequest) -> QuerySet:
    return campaigns_for(request.user).order_by("-pk").distinct()


def _publishers(request: UserRequest) -> QuerySet:
    return publishers_for(request.user).order_by("name").distinct()


def _score_field() -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=0, max_value=LARGEST_SCORE)


class WholeNumberFilter(django_filters.Filter):
    field_class = forms.IntegerField


class LeadFilters(ListFilterSet):
    quiet: Collection[str] = ("search",)
    request: UserRequest

    search = django_filters.CharFilter(label="Search", method="by_search", max_length=320)
    campaign = django_filters.ModelChoiceFilter(queryset=_campaigns, widget=Dropdown, label="Campaign", empty_label=ANY)
    publisher = django_filters.ModelChoiceFilter(queryset=_publishers, widget=Dropdown, label="Lead Generator", empty_label=ANY)
    current_status = django_filters.ChoiceFilter(choices=CurrentStatus.choices, label="Current Status", empty_label=ANY)
    delivery = django_filters.ChoiceFilter(choices=DeliveryStatus.choices, field_name="delivery_status", label="Delivery", empty_label=ANY)
    billable = django_filters.ChoiceFilter(choices=YES_NO, method="by_billable", label="Billable", empty_label=ANY)
    created = django_filters.RangeFilter(
        method="by_day",
        label="Date",
        fields=(forms.DateField(required=False), forms.DateField(required=False)),
        widget=DateRangeWidget(attrs={"type": "date"}),
    )
    score = django_filters.RangeFilter(
        label="Score",
        fields=(_score_field(), _score_field()),
        widget=RangeWidget(attrs={"inputmode": "numeric"}),
        help_text="Points: at least, at most.",
    )
    failed_job = WholeNumberFilter(
        method="by_failed_job",
        label="Failed job",
        min_value=1,
        max_value=LARGEST_ID,
        help_text="Its number, as a lead's job details show it.",
    )
    errored = django_filters.ChoiceFilter(
        choices=[("yes", "Yes")],
        method="by_errored",
        label="Could not be checked",
        empty_label=ANY,
        help_text="By some job, in the last run.",
    )
    email = django_filters.CharFilter(method="by_email", label="Email", max_length=320, help_text="Whole, or how it begins.")
    phone = django_filters.CharFilter(method="by_phone", label="Telephone", max_length=40, help_text="Whole, or how it begins.")
    name = django_filters.CharFilter(
        method="by_name", label="Name", max_length=200, help_text="First name, then last name; or how they begin."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.who = self.request.user
        if not privacy.sees_personal_data(self.who):
            self.quiet = ("search", *MASKED)

    @property
    def form(self) -> forms.Form:
        """The form, with masked filters refused and with the choices and the time zone of the user's enterprise."""
        is_new = not hasattr(self, "_form")
        form: forms.Form = super().form
        if is_new:
            for name in MASKED if not privacy.sees_personal_data(self.who) else ():
                form.fields[name].validators.append(_refuse_masked(MASKED[name]))
            for name, field in form.fields.items():
                if isinstance(field, forms.ModelChoiceField):
                    field.widget.choices = _limited_choices(field, form.data.get(name))
            form.fields["created"].help_text = f"Days begin at midnight in {enterprise.current().zone}."
            form.fields["search"].validators.append(self._validate_search)
        return form

    def problems(self, *args: Any, **kwargs: Any) -> list[str]:
        """Add the reason why leads cannot be sorted by a masked column. The list itself refuses the sort."""
        problems = super().problems(*args, **kwargs)
        sort = str(self.data.get("sort", "")).removeprefix("-")
        if sort in MASKED and not privacy.sees_personal_data(self.who):
            problems.append(f"{MASKED[sort]} are masked for your role, so leads cannot be sorted by them.")
        return problems

    @property
    def only_tallied(self) -> bool:
        return all(not value or name in TALLIED for name, value in self.form.cleaned_data.items())

    def tally_keys(self) -> dict[str, Any]:
        """Return the filters as `tallies.count_for` takes them."""
        values = self.form.cleaned_data
        columns = {"current_status": "current_status", "delivery": "delivery_status"}
        keys = {column: values[name] for name, column in columns.items() if values.get(name)}
        keys |= {f"{name}_id": values[name].pk for name in ("campaign", "publisher") if values.get(name)}
        if values.get("billable"):
            keys[billable_column(self.who)] = values["billable"] == "yes"
        days = values.get("created")
        return {**keys, "day_from": days.start, "day_to": days.stop} if days else keys

    def by_search(self, leads: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002  (django-filter's signature)
        return leads.filter(matching_leads(value, self.who))

    def by_billable(self, leads: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002
        return leads.filter(**{billable_column(self.who): value == "yes"})

    def by_day(self, leads: QuerySet, name: str, value: slice) -> QuerySet:  # noqa: ARG002
        """Filter by the enterprise's days, as leads are counted."""
        if value.start is not None:
            leads = leads.filter(created_at__gte=_midnight(value.start))
        return leads.filter(created_at__lt=_midnight(value.stop + timedelta(days=1))) if value.stop is not None else leads

    def by_failed_job(self, leads: QuerySet, name: str, value: int) -> QuerySet:  # noqa: ARG002
        return leads.filter(failed_jobs__contains=[value]).exclude(failed_jobs=[])

    def by_errored(self, leads: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002
        return leads.filter(errored=True)

    def by_email(self, leads: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002
        return leads.filter(begins_with("email", normalize.fold_email(value)))

    def by_phone(self, leads: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002
        return leads.filter(begins_with("phone", normalize.fold_phone(value)))

    def by_name(self, leads: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002
        return leads.filter(begins_with("name_key", normalize.fold_name(value)))

    def _validate_search(self, text: str) -> None:
        try:
            matching_leads(text, self.who)
        except SearchRefused as refusal:
            raise ValidationError(str(refusal)) from refusal


class CampaignLeadFilters(LeadFilters):
    """Filters of the leads of one campaign."""

    campaign = None


def _refuse_masked(noun: str) -> Callable[[str], None]:
    """Return a validator for a filter by masked values."""

    def refuse(_value: str) -> None:
        raise ValidationError(f"{noun} are masked for your role, so leads cannot be filtered by them.")

    return refuse


def _limited_choices(field: forms.ModelChoiceField, chosen: str | None) -> list[tuple[Any, str]]:
    """Return the first choices, and the chosen one."""
    assert field.queryset is not None, "each filter of the list declares its queryset"
    names = field.queryset.values_list("pk", "name")
    choices = list(names[:CHOICES_AT_MOST])
    if chosen and chosen.isdecimal() and int(chosen) not in dict(choices):
        choices += names.filter(pk=int(chosen))
    return [("", field.empty_label), *choices]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=enterprise.zone())
