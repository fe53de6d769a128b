"""Trying a job on a lead before it is saved, and sending a test lead through the real intake."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from campaigns import submission
from campaigns.models import Campaign
from config.core import client_address
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.forms.page_form import share_focus
from leads import privacy
from leads.display import UNDER_WAY
from leads.intake.service import FieldsRefused
from leads.models import Lead
from leads.selectors import leads_for
from processr import permissions
from processr.job_types.outcomes import BADGES
from processr.permissions import open_to_configurers
from processr.services import trials, try_job
from processr.services.test_lead import TEST_LEAD_MASKED, send_test_lead
from processr.services.trials import TrialRequest
from processr.views.forms import TestLeadForm, TryForm
from processr.views.job_form import JobEditForm
from processr.views.lead_tab import JobDetails
from processr.views.trials import lead_named_in


def try_result(request: UserRequest, form: JobEditForm) -> dict[str, Any] | None:
    """Try the job and return the context of its result, or None when the settings or the lead are invalid.

    If the job asks a provider, the context has the trial that a worker makes instead.
    """
    campaign, trying = form.edited.campaign, TryForm(request.POST)
    form.trying = trying
    share_focus(form.settings, form, trying)
    if not all([form.settings.is_valid(), trying.is_valid()]):
        return None
    lead = _lead_to_try(request, form)
    if lead is None or not trying.is_valid():
        return None
    lead_id, actor = lead.pk if trying.cleaned_data["lead"] else None, actor_of(request)
    if try_job.asks_provider(form.planned):
        return _begin_trial(request, form, TrialRequest(form.planned, lead_id, None if lead_id else trying.cleaned_data["pasted"]))
    if lead_id:
        try_job.record_trial(campaign, form.planned, lead_id, actor=actor)
    trial = try_job.try_job(campaign, form.planned, lead)
    return {
        "outcome": trial.outcome,
        "badge": BADGES[trial.outcome.kind],
        "found": trial.found,
        "value": trial.outcome.value,
        "lead": lead if lead_id else None,
    }


def _lead_to_try(request: UserRequest, form: JobEditForm) -> Lead | None:
    """Return the lead. If it may not be tried, an error is added to the form."""
    campaign, trying = form.edited.campaign, form.trying
    if trying.cleaned_data["lead"]:
        lead = lead_named_in(trying, request.user, campaign, instead="Paste one instead.")
    else:
        lead = try_job.pasted_lead(campaign, trying.cleaned_data["pasted"])
    if lead and (reason := form.edited.known_type.refusal_to_try(form.planned.config, request.user)):
        trying.add_error("pasted", reason)
    return lead


def _begin_trial(request: UserRequest, form: JobEditForm, trial: TrialRequest) -> dict[str, Any] | None:
    try:
        work = trials.begin(try_job.JobTrial, form.edited.campaign, trial, user=request.user, actor=actor_of(request))
    except DomainError as refusal:
        form.trying.add_error(None, refusal.message)
        return None
    return {"work": work}


@require_http_methods(["GET", "POST"])
@open_to_configurers
def test_lead(request: UserRequest, pk: int) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    if not privacy.sees_personal_data(request.user):
        raise PermissionDenied(TEST_LEAD_MASKED)
    forms = submission.forms_of(campaign)
    chosen = next((form for form in forms if str(form.pk) == request.GET.get("form")), forms[0] if forms else None)
    form = None
    if chosen is not None:
        form = TestLeadForm(request.POST or None, form_fields=list(chosen.fields.all()))
        if form.is_bound and form.is_valid() and (lead_id := _send(request, campaign, chosen.pk, form)):
            return redirect("processr_test_lead_trace", pk=campaign.pk, lead_id=lead_id)
    return render(request, "processr/test_lead.html", {"campaign": campaign, "forms": forms, "chosen": chosen, "form": form})


@require_GET
@open_to_configurers
def test_lead_detail(request: UserRequest, pk: int, lead_id: int) -> HttpResponse:
    """Show what became of a test lead. The page polls this view every second until the lead is processed or held."""
    campaign = permissions.campaign_seen_by(request.user, pk)
    lead = get_object_or_404(leads_for(request.user).select_related("campaign"), campaign=campaign, pk=lead_id)
    under_way = lead.processr_status in UNDER_WAY
    context = {"campaign": campaign, "lead": lead, "under_way": under_way}
    if not under_way:
        context["tab"] = JobDetails().context(request.user, lead, request.GET)
    return render(request, "processr/_test_lead_detail.html" if request.htmx else "processr/test_lead_detail.html", context)


def _send(request: UserRequest, campaign: Campaign, form_id: int, form: TestLeadForm) -> int | None:
    try:
        return send_test_lead(campaign, form_id=form_id, values=form.values, ip=client_address.peer(request), actor=actor_of(request))
    except FieldsRefused as refusal:
        for problem in refusal.problems:
            form.refuse(problem.field, problem.message)
    except DomainError as refusal:
        form.add_error(None, f"The lead was not taken: {refusal.message}.")
    return None
