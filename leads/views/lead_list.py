"""The lists of leads, of all campaigns and of one, and their poll for news every fifteen seconds."""

from collections.abc import Collection
from copy import copy
from functools import cached_property, partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views import View

from campaigns.extension_points import Figures
from campaigns.models import Campaign
from campaigns.selectors import campaigns_for
from config.core import enterprise
from config.core.accounts import roles
from config.core.accounts.requests import UserRequest
from config.core.ids import LARGEST_ID, ids_in
from config.core.lists.filters import ListFilterSet
from config.core.lists.listing import Listing, TooSlow, time_limited
from config.core.lists.page import ListPage
from config.core.lists.pagination import Order, count_capped
from config.core.lists.saved.rows_file import FileColumn
from leads import display, figures
from leads.columns import columns_for, rows_for_page, sorts_for
from leads.extension_points import LeadColumn, LeadPage
from leads.figures import FilteredFigures
from leads.filters import FIGURES, OWN_PARAMETERS, LeadFilters, filters_for
from leads.lifecycle import tallies
from leads.models import Lead
from leads.search import searched_by
from leads.selectors import errored_leads, leads_for
from leads.views.column_choice import LeadColumnChoice, is_personal
from leads.views.list_address import list_query
from leads.views.selection import OfferedAction, actions_for
from leads.views.tables import ROW_ID, LeadTable, refreshed_cells

NEWS_CAP = 100
"""More new rows are shown as “100+”; also the limit of rows per page that wait for their verdict."""
NEWEST_LOOKED_AT = 2_000
"""Newer leads that a poll tests by a filter without an index."""
EMPTY_PAGE = "0"
"""The newest id on a page without rows."""


FILTERED = "filtered"
"""The value of the parameter of figures that follow the filters."""


class LeadsList(ListPage):
    request: UserRequest

    roles = roles.SEES_LEADS
    table_class = LeadTable
    title, noun, icon = "Leads", ("lead", "leads"), "people"
    template_name, empty_template, bar_template = "leads/list.html", "leads/_none.html", "leads/_selection.html"
    search_all_template, beside_template = "leads/_search_all.html", "leads/_breakdown_beside.html"
    own_parameters = OWN_PARAMETERS
    figures_name, all_figures = "leads_figures", f"active campaigns, {figures.PAST_DAYS} days"
    campaign: Campaign | None = None

    @cached_property
    def column_choice(self) -> LeadColumnChoice:
        return LeadColumnChoice(self.request.user)

    @property
    def columns(self) -> list[LeadColumn]:
        return columns_for(self.request.user, self.opened.columns)

    def is_personal(self, parameter: str) -> bool:
        return is_personal(parameter)

    def file_columns(self, listing: Listing) -> list[FileColumn]:
        page = LeadPage(self.request.user, listing.page.rows)
        return [(column.label, partial(column.text, page=page)) for column in self.columns]

    @property
    def filterset_class(self) -> type[LeadFilters]:  # type: ignore[override]  # a plain attribute of ListPage
        return filters_for(self.request.user)

    def rows(self, columns: Collection[LeadColumn] | None = None) -> QuerySet[Lead]:
        """Return the leads of the list with what these columns read, or all columns of the page."""
        user = self.request.user
        return rows_for_page(leads_for(user), self.columns if columns is None else columns, user)

    def sorts(self) -> dict[str, str]:
        return sorts_for(self.request.user)

    def table_options(self) -> dict[str, Any]:
        opens_with = list_query(self.address)
        return {"who": self.request.user, "columns": self.columns, "actions": self.selection_actions, "opens_with": opens_with}

    @cached_property
    def selection_actions(self) -> list[OfferedAction]:
        return actions_for(self.request.user, self.campaign)

    @property
    def flag_manage_url(self) -> str:
        """The URL that begins the wizard without a selection; empty for roles that do not flag leads from this list."""
        allowed = roles.FLAGS_LEADS if self.campaign else roles.MANAGES_CAMPAIGNS
        if self.request.user.role not in allowed:
            return ""
        return reverse("campaign_flag_manage", args=[self.campaign.pk]) if self.campaign else reverse("flag_manage")

    def count(self, rows: QuerySet, filters: ListFilterSet) -> tuple[int, bool]:
        assert isinstance(filters, LeadFilters), "see filterset_class"
        keys = filters.tally_keys()
        if keys is None:
            number, exact = count_capped(rows.order_by())
            return number, exact and not filters.limit
        return tallies.count_for(self.request.user, **keys, **self.own_tally_keys()), True

    def count_bounded(self, filters: ListFilterSet) -> int | None:
        keys = filters.tally_keys() if isinstance(filters, LeadFilters) else None
        return None if keys is None else tallies.count_for(self.request.user, **keys, **self.own_tally_keys())

    def place_of(self, row: Model, order: Order) -> str:
        """Return the day of a lead, in the orders in which leads stand by the time at which they came."""
        if order.path not in ("id", "created_at") or not isinstance(row, Lead):
            return ""
        day = row.created_at.astimezone(enterprise.zone())
        return f"{'back' if order.descending else 'up'} to {day.day} {day:%b %Y}"

    @property
    def none_match_text(self) -> str:
        """Name what was searched too, where there was a search."""
        if not self.request.GET.get("search"):
            return super().none_match_text
        return f"Searched: {searched_by(self.request.user)}. Shorten a word at its end, or leave one out, to find more."

    @property
    def news_url(self) -> str:  # type: ignore[override]  # a plain attribute of ListPage
        return reverse("leads_new")

    @property
    def view_problems(self) -> list[str]:
        asked = self.request.GET.get(FIGURES, "")
        wrong = [] if asked in ("", FILTERED) else [f"“{asked[:40]}” says no leads that the figures could be of."]
        return [*super().view_problems, *wrong]

    @property
    def figures_follow(self) -> bool:
        """Whether the figures are those of the leads that the filters select."""
        return self.request.GET.get(FIGURES) == FILTERED

    @property
    def figures_url(self) -> str:
        query = f"?{self.request.GET.urlencode()}" if self.figures_follow else ""
        return reverse(self.figures_name, kwargs=self.kwargs) + query

    @property
    def figures_of(self) -> str:
        """The leads that the figures are of, in words, before they are counted."""
        return "that match" if self.figures_follow else self.all_figures

    @property
    def figures_switch_url(self) -> str:
        """The URL of the list with the figures of other leads: of those that the filters select, or of all."""
        query = self.request.GET.copy()
        query.pop(FIGURES, None)
        if not self.figures_follow:
            query[FIGURES] = FILTERED
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    def breakdown(self) -> FilteredFigures:
        """Return the figures above the list, and of which leads they are."""
        if not self.figures_follow:
            return FilteredFigures(self.figures_of_all(), self.all_figures)
        filters = self.filterset_class(self.request.GET, self.rows(), request=self.request)
        if filters.problems(besides=self.own_parameters):
            return FilteredFigures(Figures(), "nothing is selected")
        with time_limited():
            return figures.of_filters(self.request.user, filters, **self.own_tally_keys())

    def figures_of_all(self) -> Figures:
        return figures.of_active_campaigns(self.request.user)

    def own_tally_keys(self) -> dict[str, Any]:
        """Return what narrows the list before any filter, as `tallies.count_for` takes it."""
        return {}


class CampaignLeadsList(LeadsList):
    template_name = "leads/campaign_list.html"
    figures_name, all_figures = "campaign_leads_figures", ""

    @cached_property
    def campaign(self) -> Campaign:  # type: ignore[override]  # none for the list of all
        return get_campaign(self.request, self.kwargs["campaign_id"])

    @property
    def filterset_class(self) -> type[LeadFilters]:  # type: ignore[override]
        return filters_for(self.request.user, campaign=self.campaign)

    def rows(self, columns: Collection[LeadColumn] | None = None) -> QuerySet[Lead]:
        return super().rows(columns).filter(campaign=self.campaign)

    def extra_context(self) -> dict[str, Any]:
        if self.request.htmx:
            return {}
        user, errored = self.request.user, None
        if user.role in roles.MANAGES_CAMPAIGNS:  # they may reprocess the leads that could not be checked
            n, exact = count_capped(errored_leads(user, self.campaign).order_by())
            errored = {"n": n, "more": not exact} if n else None
        return {"figures": None if self.figures_follow else self.figures_of_all(), "errored": errored}

    def figures_of_all(self) -> Figures:
        return figures.of_campaign(self.request.user, self.campaign.pk)

    @property
    def news_url(self) -> str:  # type: ignore[override]  # a plain attribute of ListPage
        return reverse("campaign_leads_new", args=[self.campaign.pk])

    def own_tally_keys(self) -> dict[str, Any]:
        return {"campaign_id": self.campaign.pk}


def list_for(request: UserRequest, campaign_id: int | None, query: str) -> LeadsList:
    """Return the list that the page showed with this query string, for an action on its rows."""
    listed, kwargs = copy(request), {} if campaign_id is None else {"campaign_id": campaign_id}
    listed.method, listed.GET, listed.path = "GET", QueryDict(query), reverse("campaign_leads" if kwargs else "leads", kwargs=kwargs)
    page = CampaignLeadsList() if kwargs else LeadsList()
    page.setup(listed, **kwargs)
    return page


def refreshed_rows(page: LeadsList, lead_ids: Collection[int]) -> tuple[SafeString, list[str]]:
    """Return the rows that take the place of those shown, and the ids of rows whose leads are out of the user's sight by now."""
    leads = list(page.rows().filter(pk__in=lead_ids))
    table = page.table_class(leads, swapped=True, **page.table_options())
    return table.body, [ROW_ID.format(pk) for pk in sorted(set(lead_ids).difference(lead.pk for lead in leads))]


class LeadFiguresView(View):
    """The tiles above a list of leads. They sum up many days of many campaigns, so they are loaded apart from the list."""

    def get(self, request: UserRequest, campaign_id: int | None = None) -> HttpResponse:
        if request.user.role not in roles.SEES_LEADS:
            raise PermissionDenied
        page = list_for(request, campaign_id, request.GET.urlencode())
        try:
            counted = page.breakdown()
        except TooSlow:
            counted = FilteredFigures(Figures(), "too many to count within 3 seconds: narrow the filters")
        context = {"figures": counted.numbers, "of": counted.of, "heading": "Leads, counted", "billable": page.campaign is not None}
        return render(request, "campaigns/_figures.html", context)


class NewLeadsView(View):
    """The number of leads that arrived since the page was rendered, and the verdicts it waits for, in one query by id.

    The query holds the newest id on the page, the ids it waits for, and the page's own filters. Text that is no id is
    ignored.
    """

    request: UserRequest

    def get(self, request: UserRequest, campaign_id: int | None = None) -> HttpResponse:
        if request.user.role not in roles.SEES_LEADS:
            raise PermissionDenied
        query = request.GET.copy()
        newest, awaited = query.pop("since", []), query.pop("awaited", [])
        since = 0 if newest == [EMPTY_PAGE] else next(iter(ids_in(newest[:1])), LARGEST_ID)
        awaited_ids = ids_in(awaited[:NEWS_CAP])
        page = list_for(request, campaign_id, query.urlencode())
        leads = self._find(page, since, awaited_ids)
        new = sum(lead.pk > since for lead in leads)
        settled = [lead for lead in leads if lead.pk in awaited_ids and lead.processr_status not in display.UNDER_WAY]
        context = {
            "n": new,
            "noun": "lead" if new == 1 else "leads",
            "more": new > NEWS_CAP,
            "url": page.address,
            "cells": refreshed_cells(LeadPage(request.user, settled), page.columns),
        }
        return render(request, "leads/_news.html", context)

    def _find(self, page: LeadsList, since: int, awaited_ids: list[int]) -> list[Lead]:
        leads = page.rows([column for column in page.columns if column.live])
        filters = page.filterset_class(page.request.GET, leads, request=page.request)
        try:
            with time_limited():
                new = leads.none() if filters.problems(besides=page.own_parameters) else _newer(leads, filters, since)
                return list((new | leads.filter(pk__in=awaited_ids)).order_by("-pk")[: NEWS_CAP + 1 + len(awaited_ids)])
        except TooSlow:
            return []  # the list itself says so


def _newer(leads: QuerySet[Lead], filters: LeadFilters, since: int) -> QuerySet[Lead]:
    """Return the leads of a list after an id; where no index serves a filter, those among the newest."""
    newer: QuerySet[Lead] = filters.unbounded_rows.filter(pk__gt=since)
    if filters.bounded is None:
        return newer
    return leads.filter(filters.bounded, pk__in=newer.order_by("-pk").values("pk")[:NEWEST_LOOKED_AT])


def get_campaign(request: UserRequest, campaign_id: int) -> Campaign:
    """Return the campaign, or 404 when the user may not see it. The role was checked before."""
    return get_object_or_404(campaigns_for(request.user).distinct(), pk=campaign_id)
