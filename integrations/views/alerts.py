"""The page of a campaign's alerts."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.forms.layout import Fields, Section, SideBySide
from config.core.forms.numbers import GroupedNumberField
from config.core.forms.page_form import PageForm
from integrations.alerts import settings
from processr import permissions


class AlertsForm(PageForm):
    layout = Fields(
        Section("No leads", "no_lead_hours"),
        Section("Too many Invalid ones", SideBySide("invalid_percent", "invalid_at_least")),
    )

    no_lead_hours = GroupedNumberField(
        required=False, min_value=1, max_value=720, label="Hours without a lead",
        help_text="While the campaign is active. Empty: no alert.",
        widget=forms.NumberInput(attrs={"placeholder": "No alert"}),
    )  # fmt: skip
    invalid_percent = GroupedNumberField(
        required=False, min_value=1, max_value=99, label="More Invalid ones than, in %",
        help_text="Of the leads of a day that are judged. Empty: no alert.",
        widget=forms.NumberInput(attrs={"placeholder": "No alert"}),
    )  # fmt: skip
    invalid_at_least = GroupedNumberField(
        min_value=1, max_value=1_000_000, label="As soon as there are", help_text="Judged leads on that day: of a few, a rate says little."
    )


@require_http_methods(["GET", "POST"])
@role_required(roles.MANAGES_CAMPAIGNS)
def campaign_alerts(request: UserRequest, pk: int) -> HttpResponse:
    campaign = permissions.campaign_seen_by(request.user, pk)
    may_change = permissions.may_configure(request.user, campaign)
    stored = settings.alerts_of(campaign)
    form = AlertsForm(initial={name: getattr(stored, name) for name in settings.FIELDS})
    status = 200
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        form = AlertsForm(request.POST)
        if form.is_valid():
            settings.save_alerts(campaign, actor=actor_of(request), **form.cleaned_data)
            messages.success(request, "The alerts are saved.")
            return redirect("campaign_alerts", pk=campaign.pk)
        status = 422
    return render(request, "integrations/alerts.html", {"campaign": campaign, "form": form, "may_change": may_change}, status=status)
