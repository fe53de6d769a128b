"""The lists of leads, of all campaigns and of one, and their poll for news every fifteen seconds."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views import View

from campaigns.models import Campaign
from campaigns.selectors import campaigns_for
from config.core.accounts import roles
from config.core.lists.filters import ListFilterSet
from config.core.lists.page import ListPage
from config.core.lists.pagination import capped
from leads import display, figures
from leads.filters import CampaignLeadFilters, LeadFilters
from leads.lifecycle import tallies
from leads.models import Lead
from leads.selectors import errored_leads, leads_for
from leads.views.tables import COLUMNS, LeadTable, refreshed, sorts_for

NEWS_CAP = 100
"""More new rows are shown as “100+”; also the limit of rows per page that wait for their verdict."""
OWN_PARAMETERS = frozenset({"since", "awaited"})


class LeadsList(ListPage):
    roles = roles.SEES_LEADS
    table_class, filterset_class = LeadTable, LeadFilters
    title, noun, icon = "Leads", ("lead", "leads"), "people"
    template_name, empty_template = "leads/list.html", "leads/_none.html"

    def rows(self) -> QuerySet[Lead]:
        return _for_the_table(leads_for(self.request.user))

    def sorts(self) -> dict[str, str]:
        return sorts_for(self.request.user)

    def table_options(self) -> dict[str, Any]:
        return {"who": self.request.user}

    def count(self, rows: QuerySet, filters: ListFilterSet) -> tuple[int, bool]:
        if isinstance(filters, LeadFilters) and filters.only_tallied:
            return tallies.count_for(self.request.user, **self._keys(filters)), True
        return capped(rows.order_by())

    @property
    def news_url(self) -> str:  # type: ignore[override]
        return reverse("leads_new")

    def _keys(self, filters: LeadFilters) -> dict[str, Any]:
        return filters.tally_keys()


class CampaignLeadsList(LeadsList):
    filterset_class = CampaignLeadFilters
    template_name = "leads/campaign_list.html"

    @cached_property
    def campaign(self) -> Campaign:
        return _seen_campaign(self.request, self.kwargs["campaign_id"])

    def rows(self) -> QuerySet[Lead]:
        return super().rows().filter(campaign=self.campaign)

    def extra_context(self) -> dict[str, Any]:
        if self.request.htmx:
            return {}
        return {"figures": figures.of_campaign(self.request.user, self.campaign.pk), "errored": self._errored()}

    def _errored(self) -> dict[str, Any] | None:
        """Return the number of leads that could not be checked, for roles that may reprocess them."""
        if self.request.user.role not in roles.MANAGES_CAMPAIGNS:
            return None
        n, exact = capped(errored_leads(self.request.user, self.campaign).order_by())
        return {"n": n, "more": not exact} if n else None

    @property
    def news_url(self) -> str:  # type: ignore[override]
        return reverse("campaign_leads_new", args=[self.campaign.pk])

    def _keys(self, filters: LeadFilters) -> dict[str, Any]:
        return {**super()._keys(filters), "campaign_id": self.campaign.pk}


class LeadFiguresView(View):
    """The tiles above the list of all leads. They sum up many days of many campaigns, so they are loaded apart from the list."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.role not in roles.SEES_LEADS:
            raise PermissionDenied
        counted = figures.of_active_campaigns(request.user)
        context = {"figures": counted, "heading": "Leads, counted", "of": f"active campaigns, {figures.PAST_DAYS} days"}
        return render(request, "campaigns/_figures.html", context)


class NewLeadsView(View):
    """The number of leads that arrived since the page was rendered, and the verdicts it waits for, in one query by id."""

    def get(self, request: HttpRequest, campaign_id: int | None = None) -> HttpResponse:
        if request.user.role not in roles.SEES_LEADS:
            raise PermissionDenied
        campaign = _seen_campaign(request, campaign_id) if campaign_id else None
        since, awaited, asked = _asked(request.GET)
        found = self._found(since, awaited, asked, campaign)
        new = sum(lead.pk > since for lead in found)
        context = {
            "n": new,
            "noun": "lead" if new == 1 else "leads",
            "more": new > NEWS_CAP,
            "url": _address(campaign, asked),
            "cells": refreshed(request.user, [lead for lead in found if _is_settled(lead, awaited)]),
        }
        return render(request, "leads/_news.html", context)

    def _found(self, since: int, awaited: list[int], asked: QueryDict, campaign: Campaign | None) -> list[Lead]:
        rows = _for_the_table(leads_for(self.request.user))
        rows = rows.filter(campaign=campaign) if campaign else rows
        filters = (CampaignLeadFilters if campaign else LeadFilters)(asked, rows, request=self.request)
        new = rows.none() if filters.problems(besides={"sort", "per_page"}) else filters.qs.filter(pk__gt=since)
        return list((new | rows.filter(pk__in=awaited)).order_by("-pk")[: NEWS_CAP + 1 + len(awaited)])


def _for_the_table(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    return leads.select_related("campaign__advertiser", "publisher", "form").only(*COLUMNS)


def _seen_campaign(request: HttpRequest, campaign_id: int) -> Campaign:
    """Return the campaign, or 404 when the user may not see it. The role was checked before."""
    return get_object_or_404(campaigns_for(request.user).distinct(), pk=campaign_id)


def _asked(parameters: QueryDict) -> tuple[int, list[int], QueryDict]:
    """Return the newest id on the page, the ids it waits for, and the page's own filters. Text that is no id is ignored."""
    own = parameters.copy()
    ids = {name: own.pop(name, []) for name in OWN_PARAMETERS}
    since = _ids(ids["since"][:1])
    return (since[0] if since else 2**63 - 1), _ids(ids["awaited"][:NEWS_CAP]), own


def _ids(texts: Iterable[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and int(text) < 2**63]


def _address(campaign: Campaign | None, asked: QueryDict) -> str:
    path = reverse("campaign_leads", args=[campaign.pk]) if campaign else reverse("leads")
    return f"{path}?{asked.urlencode()}" if asked else path


def _is_settled(lead: Lead, awaited: list[int]) -> bool:
    return lead.pk in awaited and lead.processr_status not in display.UNDER_WAY
