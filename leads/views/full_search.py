"""The pages of searches of all leads: the start, the progress and the way to what was found."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import Campaign
from campaigns.selectors import campaigns_for
from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.background import runs
from config.core.errors import DomainError
from config.core.ids import ids_in
from leads import full_search
from leads.models import FullSearch
from leads.selectors import full_searches_for


@require_POST
@role_required(roles.SEES_LEADS)
def full_search_begin(request: UserRequest) -> HttpResponse:
    """Start a search by the filters of a list, of all leads or of one campaign."""
    campaign = _campaign_of(request)
    query = QueryDict(request.POST.get("query", ""))
    try:
        search = full_search.begin(request.user, query, campaign=campaign, actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, f"Nothing was searched. {refusal.message}")
        return redirect(f"{_list_of(campaign)}?{query.urlencode()}" if query else _list_of(campaign))
    return redirect("full_search", pk=search.pk)


@require_GET
@role_required(roles.SEES_LEADS)
def full_search_detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show the progress. The page polls it every second until the search is over."""
    search = get_object_or_404(full_searches_for(request.user), pk=pk)
    context = {"run": search, "results": _results_of(search), "most": full_search.FOUND_AT_MOST}
    return render(request, "leads/_full_search_progress.html" if request.htmx else "leads/full_search.html", context)


@require_POST
@role_required(roles.SEES_LEADS)
def full_search_stop(request: UserRequest, pk: int) -> HttpResponse:
    search = get_object_or_404(full_searches_for(request.user), pk=pk)
    try:
        runs.stop(full_search.FullSearchRun(search), actor=actor_of(request))
        messages.success(request, "It stops soon. What was found so far stays found.")
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return redirect("full_search", pk=search.pk)


def _campaign_of(request: UserRequest) -> Campaign | None:
    named = request.POST.get("campaign")
    return get_object_or_404(campaigns_for(request.user).distinct(), pk__in=ids_in([named])) if named else None


def _list_of(campaign: Campaign | None) -> str:
    return reverse("campaign_leads", args=[campaign.pk]) if campaign else reverse("leads")


def _results_of(search: FullSearch) -> str:
    return f"{_list_of(search.campaign)}?found={search.pk}"
