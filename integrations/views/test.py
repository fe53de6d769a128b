"""Sending a test with an integration as its page shows it, saved or not, with a sample lead or a real one."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from config.core.actor import of
from integrations.base import Integration
from integrations.delivery.test_send import LATER, PERSON, SENT, send_test
from integrations.views.forms import TestForm
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from processr import permissions
from processr.job_types.base import job_types
from processr.permissions import may_see_provider_logs, open_to_configurers
from processr.views.job_form import JobEditor

LOOKS = {SENT: "delivered", LATER: "queued", PERSON: "caution"}
NOT_HERE = "This campaign has no lead of that number, or it is not yours to see."
MASKED = "You see this lead masked, and a test would show it to whoever receives it. Send the sample instead: leave this empty."


@require_POST
@open_to_configurers
def before_saving(request: HttpRequest, pk: int, type_key: str) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    return _answer(request, JobEditor.of_type(campaign, _sending(type_key), after=0))


@require_POST
@open_to_configurers
def after_saving(request: HttpRequest, pk: int, job_id: int) -> HttpResponse:
    """Send a test with the settings as they were typed, which may differ from the saved ones."""
    campaign = permissions.campaign_to_configure(request.user, pk)
    job = permissions.job_to_change(request.user, campaign, job_id)
    _sending(job.type)
    return _answer(request, JobEditor.of_job(campaign, job, may_change=True))


def _sending(type_key: str) -> type[Integration]:
    job_type = job_types.get(type_key)
    if job_type is None or not issubclass(job_type, Integration) or not job_type.sends:
        raise Http404
    return job_type


def _answer(request: HttpRequest, draft: JobEditor) -> HttpResponse:
    draft.take(request.POST)
    form = TestForm(request.POST)
    right = all([draft.settings.is_valid(), form.is_valid()])
    lead = _lead(request, draft, form) if right else None
    context: dict[str, Any] = {"campaign": draft.campaign, "draft": draft, "wrong": _wrong(draft.settings, form)}
    if not context["wrong"]:
        context |= _sent(request, draft, lead)
    return render(request, "integrations/_tested.html" if request.htmx else "integrations/tested.html", context)


def _lead(request: HttpRequest, draft: JobEditor, form: TestForm) -> Lead | None:
    """Return the lead, or None for the sample. For an invalid lead an error is added to the form."""
    asked = form.cleaned_data["lead"]
    if asked is None:
        return None
    found = leads_for(request.user).filter(campaign=draft.campaign, pk=asked).first()
    if found is None:
        form.add_error("lead", NOT_HERE)
    elif not privacy.sees_values_of(request.user, found):
        form.add_error("lead", MASKED)
    return found


def _sent(request: HttpRequest, draft: JobEditor, lead: Lead | None) -> dict[str, Any]:
    """Send the test and return the context of its result.

    Whoever configures the integration may read the exchange of a sample. Exchanges about real leads are for few users
    (decision 20).
    """
    tested = send_test(draft.campaign, draft.planned, _sending(draft.planned.type), lead=lead, actor=of(request))
    open_to_read = lead is None or may_see_provider_logs(request.user)
    return {"tested": tested, "look": LOOKS[tested.comes_to], "lead": lead, "exchange": tested.exchange if open_to_read else None}


def _wrong(*forms: Any) -> list[tuple[str, str]]:
    """Return label and messages of all invalid fields."""
    return [
        (form.fields[name].label or name.replace("_", " ").capitalize() if name in form.fields else "", " ".join(errors))
        for form in forms
        for name, errors in form.errors.items()
    ]
