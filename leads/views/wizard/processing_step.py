"""The third step: the details of the choice. Answered, it has the preview made."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.core.accounts.requests import UserRequest
from config.core.errors import ROLE, DomainError
from leads.bulk import drafts, forecast, offers
from leads.views.wizard.access import CHOICE, LEADS, PREVIEW, PROCESSING, TO, TYPE, Wizard, of_own_draft, show_step
from leads.views.wizard.forms import ProcessingForm, form_class_of


@require_http_methods(["GET", "POST"])
@of_own_draft
def flag_manage_processing(request: UserRequest, wizard: Wizard) -> HttpResponse:
    if not wizard.choice or not wizard.total:
        return show_step(request, wizard, PROCESSING, "")
    form = _form_of(wizard, request.POST if request.method == "POST" else None)
    if form is None:
        messages.error(request, ROLE.lifts("Your role may no longer do this: choose another type."))
        return redirect(TYPE, pk=wizard.draft.pk)
    if (back := request.POST.get(TO)) in (LEADS, TYPE):
        return _go_back(wizard, form, to=back)
    if request.method == "GET" or not form.is_valid():
        return _show(request, wizard, form, status=200 if request.method == "GET" else 422)
    try:
        answers = {CHOICE: wizard.choice, wizard.choice: form.answers}
        drafts.save_answers(wizard.draft, answers, type_key=form.type_key, settings=form.settings, signature=form.signature)
        forecast.make_forecast(wizard.draft)
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return _show(request, wizard, form, status=422)
    return redirect(PREVIEW, pk=wizard.draft.pk)


def _go_back(wizard: Wizard, form: ProcessingForm, *, to: str) -> HttpResponse:
    """Keep the answers as they were typed, right or wrong, to be shown when the step is opened once more."""
    answers = form.typed_answers
    saved = wizard.draft.answers.get(wizard.choice) or {}
    if answers != {name: value for name, value in saved.items() if value}:
        drafts.save_answers(wizard.draft, {wizard.choice: answers})
    return redirect(to, pk=wizard.draft.pk)


def _form_of(wizard: Wizard, data: Any) -> ProcessingForm | None:
    bulk_types = [kind for kind in offers.types_of(wizard.choice) if not kind.refusal_for(wizard.user)]
    if not bulk_types:
        return None
    initial = wizard.draft.answers.get(wizard.choice) or {}
    return form_class_of(wizard.choice)(
        data, initial=initial, draft=wizard.draft, user=wizard.user, bulk_types=bulk_types, campaigns=wizard.campaigns
    )


def _show(request: UserRequest, wizard: Wizard, form: ProcessingForm, *, status: int) -> HttpResponse:
    return show_step(request, wizard, PROCESSING, "leads/wizard/processing.html", form=form, step_form="processing-form", status=status)
