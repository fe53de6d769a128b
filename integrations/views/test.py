"""Sending a test with an integration as its page shows it, saved or not, with a sample lead or a real one."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from campaigns.models import Campaign
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from integrations.base import Integration
from integrations.delivery.test_send import LATER, PERSON, SENT, send_test
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from processr import permissions
from processr.job_types.registry import job_types
from processr.permissions import may_see_provider_logs, open_to_configurers
from processr.services.locking import outgoing_refusal
from processr.views.forms import NO_SUCH_LEAD, SentLeadForm
from processr.views.job_form import EditedJob, JobEditForm

BADGE_KINDS = {SENT: "delivered", LATER: "queued", PERSON: "caution"}


@require_POST
@open_to_configurers
def test_unsaved_job(request: UserRequest, pk: int, type_key: str) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    job_type = _sending_type(type_key)
    if not permissions.may_configure_type(request.user, job_type):
        raise PermissionDenied(outgoing_refusal(job_type))
    return _send(request, EditedJob.of_type(campaign, job_type, after=0), job_type)


@require_POST
@open_to_configurers
def test_saved_job(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    """Send a test with the settings as they were typed, which may differ from the saved ones."""
    campaign = permissions.campaign_to_configure(request.user, pk)
    job = permissions.job_to_change(request.user, campaign, job_id)
    job_type = _sending_type(job.type)
    return _send(request, EditedJob.of_job(campaign, job, may_change=True), job_type)


def _sending_type(type_key: str) -> type[Integration]:
    job_type = job_types.get(type_key)
    if job_type is None or not issubclass(job_type, Integration) or not job_type.sends:
        raise Http404
    return job_type


def _send(request: UserRequest, edited: EditedJob, job_type: type[Integration]) -> HttpResponse:
    """Send the test if all fields are valid.

    Users who configure the integration may read the exchange of a sample. Exchanges about real leads are for few users
    (decision 20).
    """
    campaign, job_form, form = edited.campaign, JobEditForm(edited, request.POST), SentLeadForm(request.POST)
    is_valid = all([job_form.settings.is_valid(), form.is_valid()])
    lead = _lead_to_send(request, campaign, form) if is_valid else None
    problems = [*_labelled_errors(job_form.settings), *_labelled_errors(form)]
    context: dict[str, Any] = {"campaign": campaign, "draft": edited, "wrong": problems}
    if not problems:
        result = send_test(campaign, job_form.planned, job_type, lead=lead, actor=actor_of(request))
        shows_exchange = lead is None or may_see_provider_logs(request.user)
        exchange = result.exchange if shows_exchange else None
        context |= {"tested": result, "badge_kind": BADGE_KINDS[result.consequence], "lead": lead, "exchange": exchange}
    return render(request, "integrations/_tested.html" if request.htmx else "integrations/tested.html", context)


def _lead_to_send(request: UserRequest, campaign: Campaign, form: SentLeadForm) -> Lead | None:
    """Return the lead, or None for the sample. For an invalid lead an error is added to the form."""
    lead_id = form.cleaned_data["lead"]
    if lead_id is None:
        return None
    lead = leads_for(request.user).filter(campaign=campaign, pk=lead_id).first()
    if lead is None:
        form.add_error("lead", NO_SUCH_LEAD)
    elif refusal := privacy.refusal_to_use(request.user, lead):
        form.add_error("lead", f"{refusal} Send the sample instead: leave this empty.")
    return lead


def _labelled_errors(form: Form) -> list[tuple[str, str]]:
    """Return label and messages of all invalid fields."""
    errors = []
    for name, messages in form.errors.items():
        field = form.fields.get(name)
        label = field.label or name.replace("_", " ").capitalize() if field else ""
        errors.append((str(label), " ".join(map(str, messages))))
    return errors
