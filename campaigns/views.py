"""The pages of campaigns: lists, overview, pausing and resuming, and the process delay."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from campaigns import services
from campaigns.curl_example import curl
from campaigns.filters import CampaignFilters
from campaigns.forms import HoldsForm, PauseForm
from campaigns.models import Campaign
from campaigns.overview import CampaignOverview, duration_in_words
from campaigns.selectors import campaigns_for, each_campaign_for, is_active, troubled_campaigns
from campaigns.tables import CampaignTable, status_badge
from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.lists import times
from config.core.lists.page import ListPage

OPENS_CAMPAIGNS = roles.ALL - {roles.REPORT}


class ActiveCampaignsList(ListPage):
    request: UserRequest
    roles = OPENS_CAMPAIGNS
    table_class, filterset_class = CampaignTable, CampaignFilters
    title, noun, icon = "Campaigns", ("campaign", "campaigns"), "megaphone"
    template_name = "campaigns/list.html"
    empty_template = "campaigns/_none.html"
    tab = "active"

    def rows(self) -> QuerySet[Campaign]:
        is_running = is_active(timezone.now())
        return self._visible_campaigns().filter(is_running if self.tab == "active" else ~is_running).select_related("advertiser")

    def table_options(self) -> dict[str, Any]:
        return {"who": self.request.user}

    def extra_context(self) -> dict[str, Any]:
        """Add the number of campaigns on each tab, whatever the filters."""
        if self.request.htmx:
            return {}
        is_running = is_active(timezone.now())
        active, inactive = Count("pk", filter=is_running), Count("pk", filter=~is_running)
        counts: dict[str, Any] = self._visible_campaigns().aggregate(active=active, inactive=inactive)
        if self.request.user.role in roles.MANAGES_CAMPAIGNS:
            counts["troubled"] = troubled_campaigns(self.request.user).count()
        return {"tabs": counts}

    def _visible_campaigns(self) -> QuerySet[Campaign]:
        return each_campaign_for(self.request.user).filter(is_template=False)


class InactiveCampaignsList(ActiveCampaignsList):
    """The other campaigns: unsigned, not started, paused or ended."""

    tab = "inactive"


class TroubledCampaignsList(ActiveCampaignsList):
    """The campaigns that need attention, active or not: those that the navigation counts."""

    roles = roles.MANAGES_CAMPAIGNS
    tab = "troubled"

    def rows(self) -> QuerySet[Campaign]:
        return troubled_campaigns(self.request.user).select_related("advertiser")


@require_GET
@role_required(OPENS_CAMPAIGNS)
def campaign_detail(request: UserRequest, pk: int) -> HttpResponse:
    campaign = _get_campaign(request, pk)
    overview = CampaignOverview(campaign, request.user)
    context: dict[str, Any] = {"campaign": campaign, "overview": overview, "badge": status_badge(campaign)}
    if overview.shows_key:
        key = services.api_key_of(campaign)
        context["key"] = key
        context["line"] = _example_command(request, overview, key=key)
        context["line_without_key"] = _example_command(request, overview, key="CAMPAIGN_KEY")
    return render(request, "campaigns/overview.html", context)


@require_http_methods(["GET", "POST"])
@role_required(roles.MANAGES_CAMPAIGNS)
def campaign_pause(request: UserRequest, pk: int) -> HttpResponse:
    campaign = _get_campaign(request, pk)
    form = PauseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.pause(campaign.pk, actor=actor_of(request), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            resume_at = form.cleaned_data["resume_at"]
            until = f"It resumes by itself on {times.exact(resume_at)}." if resume_at else "It stays so until somebody resumes it."
            messages.success(request, f"{campaign.name} is paused: no lead is accepted from now on. {until}")
            return redirect("campaign", pk=campaign.pk)
    context = {"campaign": campaign, "form": form, "overview": CampaignOverview(campaign, request.user)}
    return render(request, "campaigns/pause.html", context)


@require_http_methods(["GET", "POST"])
@role_required(roles.MANAGES_CAMPAIGNS)
def campaign_resume(request: UserRequest, pk: int) -> HttpResponse:
    campaign = _get_campaign(request, pk)
    if request.method == "GET":
        return render(request, "campaigns/resume.html", {"campaign": campaign, "overview": CampaignOverview(campaign, request.user)})
    try:
        services.resume(campaign.pk, actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, f"{campaign.name}: {refusal.message}")
    else:
        messages.success(request, f"{campaign.name} is resumed: leads are accepted again from now on.")
    return redirect("campaign", pk=campaign.pk)


@require_http_methods(["GET", "POST"])
@role_required(roles.MANAGES_CAMPAIGNS)
def campaign_holds(request: UserRequest, pk: int) -> HttpResponse:
    campaign = _get_campaign(request, pk)
    form = HoldsForm(request.POST or None, initial=HoldsForm.initial_for(campaign))
    if request.method == "POST" and form.is_valid():
        holds = form.cleaned_data["hold_over_delivery"]
        services.change_holds(campaign.pk, hold_over_delivery=holds, process_delay=form.minutes, actor=actor_of(request))
        wait = duration_in_words(form.minutes)
        delivered = f"leads wait for {wait} after their arrival" if wait else "leads are delivered without a process delay"
        held = "are held" if holds else "are not held"
        messages.success(
            request, f"{campaign.name}: leads over delivery {held}, and {delivered}, from now on. What waits already keeps waiting."
        )
        return redirect("campaign", pk=campaign.pk)
    return render(request, "campaigns/holds.html", {"campaign": campaign, "form": form})


def _get_campaign(request: UserRequest, pk: int) -> Campaign:
    campaigns = campaigns_for(request.user).select_related("advertiser", "currency", "account_manager", "campaign_manager")
    return get_object_or_404(campaigns.distinct(), pk=pk)


def _example_command(request: UserRequest, overview: CampaignOverview, *, key: str) -> str:
    """Return the command that posts a lead, or an empty string if there is no form or no webhook."""
    form = overview.form_to_try
    if form is None:
        return ""
    try:
        path = reverse("webhook_leads", args=[overview.campaign.pk, form.pk])
    except NoReverseMatch:
        return ""
    return curl(
        request.build_absolute_uri(path),
        key=key,
        publisher_id=overview.publisher_to_try,
        link_id=overview.link_to_try,
        fields=form.fields.all(),
    )
