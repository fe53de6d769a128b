"""Sending a test with an integration as its page shows it, saved or not, with a sample lead or a real one."""

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from campaigns.models import Campaign
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from integrations.base import Integration
from integrations.delivery.test_send import TestSendRun
from leads.models import Lead
from processr import permissions
from processr.job_types.registry import job_types
from processr.permissions import open_to_configurers
from processr.services import trials
from processr.services.locking import outgoing_refusal
from processr.services.trials import TrialRequest
from processr.views.forms import SentLeadForm
from processr.views.job_form import EditedJob, JobEditForm
from processr.views.trials import lead_named_in, trial_response


@require_POST
@open_to_configurers
def test_unsaved_job(request: UserRequest, pk: int, type_key: str) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    job_type = _sending_type(type_key)
    if not permissions.may_configure_type(request.user, job_type):
        raise PermissionDenied(outgoing_refusal(job_type))
    return _send(request, EditedJob.of_type(campaign, job_type, after=0))


@require_POST
@open_to_configurers
def test_saved_job(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    """Send a test with the settings as they were typed, which may differ from the saved ones."""
    campaign = permissions.campaign_to_configure(request.user, pk)
    job = permissions.job_to_change(request.user, campaign, job_id)
    _sending_type(job.type)
    return _send(request, EditedJob.of_job(campaign, job, may_change=True))


def _sending_type(type_key: str) -> type[Integration]:
    job_type = job_types.get(type_key)
    if job_type is None or not issubclass(job_type, Integration) or not job_type.sends:
        raise Http404
    return job_type


def _send(request: UserRequest, edited: EditedJob) -> HttpResponse:
    """Have a worker send the test, if all fields are valid."""
    campaign, job_form, form = edited.campaign, JobEditForm(edited, request.POST), SentLeadForm(request.POST)
    problems: list[tuple[str, str]] = []
    is_valid = all([job_form.settings.is_valid(), form.is_valid()])
    lead = _lead_to_send(request, campaign, form) if is_valid else None
    if is_valid and not form.errors:
        trial = TrialRequest(job_form.planned, lead.pk if lead else None)
        try:
            work = trials.begin(TestSendRun, campaign, trial, user=request.user, actor=actor_of(request))
        except DomainError as refusal:
            problems = [("", refusal.message)]
        else:
            return trial_response(request, work)
    problems += [*_labelled_errors(job_form.settings), *_labelled_errors(form)]
    context = {"campaign": campaign, "draft": edited, "wrong": problems}
    return render(request, "integrations/_not_sent.html" if request.htmx else "integrations/not_sent.html", context)


def _lead_to_send(request: UserRequest, campaign: Campaign, form: SentLeadForm) -> Lead | None:
    """Return the lead, or None for the sample. If a lead that is named may not be sent, an error is added to the form."""
    if not form.cleaned_data["lead"]:
        return None
    return lead_named_in(form, request.user, campaign, instead="Send the sample instead: leave this empty.")


def _labelled_errors(form: Form) -> list[tuple[str, str]]:
    """Return label and messages of all invalid fields."""
    errors = []
    for name, messages in form.errors.items():
        field = form.fields.get(name)
        label = field.label or name.replace("_", " ").capitalize() if field else ""
        errors.append((str(label), " ".join(map(str, messages))))
    return errors
