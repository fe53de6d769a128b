"""The lists of leads, of all campaigns and of one, and their poll for news every fifteen seconds."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views import View

from campaigns.models import Campaign
from campaigns.scope import Who
from campaigns.selectors import campaigns_for
from config.core.accounts import roles
from config.core.accounts.requests import UserRequest
from config.core.ids import LARGEST_ID
from config.core.lists.filters import ListFilterSet
from config.core.lists.page import ListPage
from config.core.lists.pagination import capped
from leads import display, figures
from leads.filters import CampaignLeadFilters, LeadFilters
from leads.lifecycle import tallies
from leads.models import Lead
from leads.selectors import errored_leads, leads_for
from leads.views.tables import COLUMNS, LeadTable, refreshed_cells, sorts_for

NEWS_CAP = 100
"""More new rows are shown as “100+”; also the limit of rows per page that wait for their verdict."""


class LeadsList(ListPage):
    request: UserRequest

    roles = roles.SEES_LEADS
    table_class, filterset_class = LeadTable, LeadFilters
    title, noun, icon = "Leads", ("lead", "leads"), "people"
    template_name, empty_template = "leads/list.html", "leads/_none.html"

    def rows(self) -> QuerySet[Lead]:
        return _table_leads(self.request.user)

    def sorts(self) -> dict[str, str]:
        return sorts_for(self.request.user)

    def table_options(self) -> dict[str, Any]:
        return {"who": self.request.user}

    def count(self, rows: QuerySet, filters: ListFilterSet) -> tuple[int, bool]:
        if isinstance(filters, LeadFilters) and filters.only_tallied:
            return tallies.count_for(self.request.user, **self.tally_keys(filters)), True
        return capped(rows.order_by())

    @property
    def news_url(self) -> str:  # type: ignore[override]  # a plain attribute of ListPage
        return reverse("leads_new")

    def tally_keys(self, filters: LeadFilters) -> dict[str, Any]:
        return filters.tally_keys()


class CampaignLeadsList(LeadsList):
    filterset_class = CampaignLeadFilters
    template_name = "leads/campaign_list.html"

    @cached_property
    def campaign(self) -> Campaign:
        return _get_campaign(self.request, self.kwargs["campaign_id"])

    def rows(self) -> QuerySet[Lead]:
        return super().rows().filter(campaign=self.campaign)

    def extra_context(self) -> dict[str, Any]:
        if self.request.htmx:
            return {}
        user, errored = self.request.user, None
        if user.role in roles.MANAGES_CAMPAIGNS:  # they may reprocess the leads that could not be checked
            n, exact = capped(errored_leads(user, self.campaign).order_by())
            errored = {"n": n, "more": not exact} if n else None
        return {"figures": figures.of_campaign(user, self.campaign.pk), "errored": errored}

    @property
    def news_url(self) -> str:  # type: ignore[override]  # a plain attribute of ListPage
        return reverse("campaign_leads_new", args=[self.campaign.pk])

    def tally_keys(self, filters: LeadFilters) -> dict[str, Any]:
        return {**super().tally_keys(filters), "campaign_id": self.campaign.pk}


class LeadFiguresView(View):
    """The tiles above the list of all leads. They sum up many days of many campaigns, so they are loaded apart from the list."""

    def get(self, request: UserRequest) -> HttpResponse:
        if request.user.role not in roles.SEES_LEADS:
            raise PermissionDenied
        numbers = figures.of_active_campaigns(request.user)
        context = {"figures": numbers, "heading": "Leads, counted", "of": f"active campaigns, {figures.PAST_DAYS} days"}
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
        campaign = _get_campaign(request, campaign_id) if campaign_id else None
        filters = request.GET.copy()
        newest, awaited = filters.pop("since", []), filters.pop("awaited", [])
        since = next(iter(_parse_ids(newest[:1])), LARGEST_ID)
        awaited_ids = _parse_ids(awaited[:NEWS_CAP])
        leads = self._find(since, awaited_ids, filters, campaign)
        new = sum(lead.pk > since for lead in leads)
        settled = [lead for lead in leads if lead.pk in awaited_ids and lead.processr_status not in display.UNDER_WAY]
        path = reverse("campaign_leads", args=[campaign.pk]) if campaign else reverse("leads")
        context = {
            "n": new,
            "noun": "lead" if new == 1 else "leads",
            "more": new > NEWS_CAP,
            "url": f"{path}?{filters.urlencode()}" if filters else path,
            "cells": refreshed_cells(request.user, settled),
        }
        return render(request, "leads/_news.html", context)

    def _find(self, since: int, awaited_ids: list[int], parameters: QueryDict, campaign: Campaign | None) -> list[Lead]:
        leads = _table_leads(self.request.user)
        leads = leads.filter(campaign=campaign) if campaign else leads
        filters = (CampaignLeadFilters if campaign else LeadFilters)(parameters, leads, request=self.request)
        new = leads.none() if filters.problems(besides={"sort", "per_page"}) else filters.qs.filter(pk__gt=since)
        return list((new | leads.filter(pk__in=awaited_ids)).order_by("-pk")[: NEWS_CAP + 1 + len(awaited_ids)])


def _table_leads(who: Who) -> QuerySet[Lead]:
    return leads_for(who).select_related("campaign__advertiser", "publisher", "form").only(*COLUMNS)


def _get_campaign(request: UserRequest, campaign_id: int) -> Campaign:
    """Return the campaign, or 404 when the user may not see it. The role was checked before."""
    return get_object_or_404(campaigns_for(request.user).distinct(), pk=campaign_id)


def _parse_ids(texts: Iterable[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and int(text) <= LARGEST_ID]
