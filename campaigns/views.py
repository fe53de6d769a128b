"""The pages of campaigns: lists, overview, pausing and resuming."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from campaigns import services
from campaigns.curl_example import curl
from campaigns.filters import CampaignFilters
from campaigns.forms import PauseForm
from campaigns.models import Campaign
from campaigns.overview import CampaignOverview
from campaigns.selectors import campaigns_for, is_active
from campaigns.tables import CampaignTable, status_badge
from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.actor import of
from config.core.errors import DomainError
from config.core.lists import times
from config.core.lists.page import ListPage

OPENS_CAMPAIGNS = roles.ALL - {roles.REPORT}


class ActiveCampaignsList(ListPage):
    roles = OPENS_CAMPAIGNS
    table_class, filterset_class = CampaignTable, CampaignFilters
    title, noun, icon = "Campaigns", ("campaign", "campaigns"), "megaphone"
    template_name = "campaigns/list.html"
    empty_template = "campaigns/_none.html"
    active = True

    def rows(self) -> QuerySet[Campaign]:
        running = is_active(timezone.now())
        return self._all().filter(running if self.active else ~running).select_related("advertiser")

    def table_options(self) -> dict[str, Any]:
        return {"who": self.request.user}

    def extra_context(self) -> dict[str, Any]:
        """Add the number of campaigns on each tab, whatever the filters."""
        if self.request.htmx:
            return {}
        running = is_active(timezone.now())
        return {"tabs": self._all().aggregate(active=Count("pk", filter=running), inactive=Count("pk", filter=~running))}

    def _all(self) -> QuerySet[Campaign]:
        """Return the campaigns. The subquery removes duplicates: a publisher can have several ways to see one campaign."""
        return Campaign.objects.filter(pk__in=campaigns_for(self.request.user).values("pk"), is_template=False)


class InactiveCampaignsList(ActiveCampaignsList):
    """The other campaigns: unsigned, not started, paused or ended."""

    active = False


@require_GET
@role_required(OPENS_CAMPAIGNS)
def campaign_detail(request: HttpRequest, pk: int) -> HttpResponse:
    overview = CampaignOverview(_campaign(request, pk), request.user)
    context = {"campaign": overview.campaign, "overview": overview, "badge": status_badge(overview.campaign)}
    if overview.may_manage:
        context["key"] = services.api_key_of(overview.campaign)
        context["line"] = _line(request, overview, key=context["key"])
        context["line_without_key"] = _line(request, overview, key="CAMPAIGN_KEY")
    return render(request, "campaigns/overview.html", context)


@require_http_methods(["GET", "POST"])
@role_required(roles.MANAGES_CAMPAIGNS)
def campaign_pause(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = _campaign(request, pk)
    form = PauseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.pause(campaign.pk, actor=of(request), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, _paused(campaign, form.cleaned_data["resume_at"]))
            return _back(campaign)
    context = {"campaign": campaign, "form": form, "overview": CampaignOverview(campaign, request.user)}
    return render(request, "campaigns/pause.html", context)


@require_http_methods(["GET", "POST"])
@role_required(roles.MANAGES_CAMPAIGNS)
def campaign_resume(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = _campaign(request, pk)
    if request.method == "GET":
        return render(request, "campaigns/resume.html", {"campaign": campaign, "overview": CampaignOverview(campaign, request.user)})
    try:
        services.resume(campaign.pk, actor=of(request))
    except DomainError as refusal:
        messages.error(request, f"{campaign.name}: {refusal.message}")
    else:
        messages.success(request, f"{campaign.name} is resumed: leads are taken again from now on.")
    return _back(campaign)


def _campaign(request: HttpRequest, pk: int) -> Campaign:
    seen = campaigns_for(request.user).select_related("advertiser", "currency", "account_manager", "campaign_manager")
    return get_object_or_404(seen.distinct(), pk=pk)


def _back(campaign: Campaign) -> HttpResponseRedirect:
    return redirect("campaign", pk=campaign.pk)


def _paused(campaign: Campaign, resume_at: datetime | None) -> str:
    until = f"It resumes by itself on {times.exact(resume_at)}." if resume_at else "It stays so until somebody resumes it."
    return f"{campaign.name} is paused: no lead is taken from now on. {until}"


def _line(request: HttpRequest, overview: CampaignOverview, *, key: str) -> str:
    """Return the example command, or an empty string if there is no form or no webhook."""
    form = overview.form_to_try
    try:
        path = reverse("webhook_leads", args=[overview.campaign.pk, form.pk]) if form else ""
    except NoReverseMatch:
        return ""
    if not path:
        return ""
    return curl(
        request.build_absolute_uri(path),
        key=key,
        publisher_id=overview.publisher_to_try,
        link_id=overview.link_to_try,
        fields=form.fields.all(),
    )
