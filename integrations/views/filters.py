"""Filters of lists of deliveries, and of the messages that need a person."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from campaigns.selectors import campaigns_for
from config.core.accounts.requests import UserRequest
from config.core.ids import LARGEST_ID
from config.core.lists import days
from config.core.lists.filters import ListFilterSet
from integrations.models import Delivery, Message
from integrations.outbound_events.selectors import events_for
from integrations.selectors import (
    SEARCH_LIMIT,
    STATES_WITHOUT_INDEX,
    IntegrationInNeed,
    first_after,
    first_since,
    integrations_in_need,
    search_start,
)
from leads.columns.filter_types import WholeNumberFilter
from processr.models import Job
from processr.selectors import jobs_for

ANY = "Any"
MOST_OPTIONS = 200
"""The most entries of a drop-down."""


def _lead_filter() -> WholeNumberFilter:
    return WholeNumberFilter(field_name="lead", label="Lead ID", min_value=1, max_value=LARGEST_ID)


def _campaigns(request: UserRequest) -> QuerySet:
    return campaigns_for(request.user).distinct()


def _integrations(request: UserRequest) -> QuerySet:
    return jobs_for(request.user).filter(category=Job.Category.INTEGRATION).distinct()


def _events(request: UserRequest) -> QuerySet:
    return events_for(request.user)


class LogFilters(ListFilterSet):
    """Filters of one integration's log. The integration is the `job_id` of the page's URL."""

    state = django_filters.ChoiceFilter(choices=Delivery.State.choices, method="by_state", label="State", empty_label=ANY)
    lead = _lead_filter()
    created = django_filters.RangeFilter(method="by_day", label="Created", **days.range_options())

    @property
    def form(self) -> forms.Form:
        form: forms.Form = super().form
        form.fields["created"].help_text = days.help_text()
        return form

    @property
    def cut_off(self) -> int:
        """The number of deliveries searched, if there are more than those; otherwise 0."""
        state = getattr(self.form, "cleaned_data", {}).get("state")
        return SEARCH_LIMIT if state in STATES_WITHOUT_INDEX and self._search_start else 0

    @cached_property
    def _search_start(self) -> int:
        return search_start(self.request.resolver_match.kwargs["job_id"])

    def by_state(self, deliveries: QuerySet, _name: str, value: str) -> QuerySet:
        in_state = deliveries.filter(state=value)
        return in_state.filter(pk__gt=self._search_start) if value in STATES_WITHOUT_INDEX else in_state

    def by_day(self, deliveries: QuerySet, _name: str, value: slice) -> QuerySet:
        """Filter by days in the enterprise's time zone. The ids are bounded too, because the log is ordered by id."""
        if value.start is not None:
            begins = days.begin_of(value.start)
            deliveries = deliveries.filter(created_at__gte=begins, pk__gte=first_since(begins))
        if value.stop is not None:
            ends = days.end_of(value.stop)
            deliveries = deliveries.filter(created_at__lt=ends, pk__lt=first_after(ends))
        return deliveries


class ArrivedFilters(ListFilterSet):
    lead = _lead_filter()


class NeedsPersonFilters(ListFilterSet):
    campaign = django_filters.ModelChoiceFilter(field_name="job__campaign", queryset=_campaigns, label="Campaign", empty_label=ANY)
    integration = django_filters.ModelChoiceFilter(field_name="job", queryset=_integrations, label="Integration", empty_label=ANY)
    lead = _lead_filter()

    @cached_property
    def groups(self) -> list[IntegrationInNeed]:
        return integrations_in_need(self.request.user)

    @property
    def form(self) -> forms.Form:
        """The drop-downs offer what has deliveries in need of a person; other values are accepted all the same."""
        is_new = not hasattr(self, "_form")
        form: forms.Form = super().form
        if is_new:
            form.fields["campaign"].widget.choices = _choices((group.campaign_id, group.campaign) for group in self.groups)
            form.fields["integration"].widget.choices = _choices((group.job_id, group.label) for group in self.groups)
        return form


class MessagesInNeedFilters(ListFilterSet):
    event = django_filters.ModelChoiceFilter(field_name="destination__event", queryset=_events, label="Tracking event", empty_label=ANY)
    lead = _lead_filter()

    @property
    def form(self) -> forms.Form:
        """The drop-down offers the events with messages in need of a person; other values are accepted all the same."""
        is_new = not hasattr(self, "_form")
        form: forms.Form = super().form
        if is_new:
            in_need = Message.objects.filter(destination__event=OuterRef("pk"), state=Message.State.NEEDS_PERSON)
            events = events_for(self.request.user).filter(Exists(in_need)).order_by("-pk").values_list("pk", "label")
            form.fields["event"].widget.choices = [("", ANY), *events[:MOST_OPTIONS]]
        return form


def _choices(labels: Iterable[tuple[int, str]]) -> list[tuple[Any, str]]:
    return [("", ANY), *list(dict(labels).items())[:MOST_OPTIONS]]
