"""The page of a trial: how far it is, what came of it, and Stop. The page that began it shows the same, and polls this one."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import Campaign
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.background import runs
from config.core.errors import DomainError
from config.core.models import User
from leads import privacy
from leads.models import Lead
from processr import permissions
from processr.permissions import open_to_configurers
from processr.services import trials
from processr.services.trials import TrialType
from processr.views.forms import SentLeadForm, TryForm

GONE = f"There is no such trial any more. Trials are kept for {trials.KEPT.total_seconds() / 60:.0f} minutes, for the user who began them."


@require_GET
@open_to_configurers
def trial_detail(request: UserRequest, pk: int, trial_id: int) -> HttpResponse:
    """Show the trial. The page polls this view until the trial is over."""
    return _page(request, _trial_of(request, pk, trial_id))


@require_POST
@open_to_configurers
def trial_stop(request: UserRequest, pk: int, trial_id: int) -> HttpResponse:
    """Stop the trial. What came of one that has just ended is shown instead."""
    work = _trial_of(request, pk, trial_id)
    try:
        runs.stop(work, actor=actor_of(request))
    except DomainError:
        work.run.refresh_from_db()
    return trial_response(request, work)


def lead_named_in(form: TryForm | SentLeadForm, user: User, campaign: Campaign, *, instead: str) -> Lead | None:
    """Return the lead that the form names.

    If its values may not be used, an error is added to the form, which says what to do `instead` of naming a masked lead.
    """
    try:
        return trials.find_lead(user, campaign, form.cleaned_data["lead"])
    except DomainError as refusal:
        is_masked = refusal.message == privacy.SEEN_MASKED
        form.add_error("lead", f"{refusal.message} {instead}" if is_masked else refusal.message)
        return None


def trial_response(request: UserRequest, work: TrialType) -> HttpResponse:
    """Answer the request that began or stopped the trial."""
    return _page(request, work) if request.htmx else redirect("processr_trial", pk=work.run.campaign_id, trial_id=work.run.pk)


def trial_context(request: UserRequest, work: TrialType) -> dict[str, Any]:
    """Return the context of `processr/_trial.html`."""
    context: dict[str, Any] = {"work": work, "campaign": work.run.campaign}
    return context | (work.context(request.user) if work.result else {})


def _page(request: UserRequest, work: TrialType) -> HttpResponse:
    return render(request, "processr/_trial.html" if request.htmx else "processr/trial.html", trial_context(request, work))


def _trial_of(request: UserRequest, campaign_id: int, trial_id: int) -> TrialType:
    campaign = permissions.campaign_to_configure(request.user, campaign_id)
    work = trials.trial_seen_by(request.user, campaign, trial_id)
    if work is None:
        raise Http404(GONE)
    return work
