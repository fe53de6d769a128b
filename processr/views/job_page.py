"""The page of one job: its settings, how it counts, and a lead to try it on before it is saved."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from campaigns.models import Campaign
from config.core.actor import of
from config.core.errors import DomainError
from processr import permissions, services
from processr.field_names import field_names
from processr.job_types.registry import job_types
from processr.models import Job
from processr.permissions import open_to_configurers
from processr.views.job_form import JobEditor
from processr.views.jobs_page import back_to
from processr.views.overview import ProcessrOverview
from processr.views.try_out import try_result

SAVE, TRY, PUT_IN, TAKE_OUT = "save", "try", "put-in", "take-out"


@require_http_methods(["GET", "POST"])
@open_to_configurers
def job_create(request: HttpRequest, pk: int, type_key: str) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    job_type = job_types.get(type_key)
    if job_type is None:
        raise Http404
    stages = [job.stage for job in ProcessrOverview(campaign, request.user).jobs if job.category == job_type.category]
    draft = JobEditor.of_type(campaign, job_type, after=max(stages, default=0))
    return _answer(request, draft)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def job_update(request: HttpRequest, pk: int, job_id: int) -> HttpResponse:
    """A job that the user may not change, or whose type is gone, is shown read-only."""
    campaign = permissions.campaign_seen_by(request.user, pk)
    found = permissions.job_seen_by(request.user, campaign, job_id)
    open_to_change = permissions.may_configure(request.user, campaign) and permissions.may_change(request.user, found)
    if request.method == "POST" and not (open_to_change and job_types.get(found.type)):
        raise PermissionDenied
    return _answer(request, JobEditor.of_job(campaign, found, may_change=open_to_change))


def _answer(request: HttpRequest, draft: JobEditor) -> HttpResponse:
    """Run the posted action. Pressing Enter in a field saves; all other actions show the page again with everything that was typed."""
    act, _, what = request.POST.get("act", SAVE).partition(" ")
    if request.method == "GET":
        draft.open()
    elif act == TRY and draft.can_be_tried:
        draft.take(request.POST)
        trial = try_result(request, draft)
        return _page(request, draft, trial=trial, in_vain=trial is None)
    elif act in (TRY, PUT_IN, TAKE_OUT):
        draft.keep(request.POST, put_in=what if act == PUT_IN else "", take_out=what if act == TAKE_OUT else "")
    else:
        draft.take(request.POST)
        if draft.is_valid() and (saved := _save(request, draft)):
            return back_to(saved)
    return _page(request, draft)


def _save(request: HttpRequest, draft: JobEditor) -> Job | None:
    actor = of(request)
    try:
        if draft.job is None:
            saved = services.add_job(draft.campaign, draft.job_type.key, actor=actor, **draft.values)
        else:
            saved = services.update_job(draft.job.pk, actor=actor, changes=draft.values, seen_at=draft.seen_at)
    except services.ChangedMeanwhile as refusal:
        draft.refuse(f"{refusal.message} What you typed is kept here: save again to put it in place of theirs.", seen=refusal.job)
    except DomainError as refusal:
        draft.refuse(refusal.message, field=refusal.field)
    else:
        messages.success(request, _said(draft, saved))
        return saved
    return None


def _said(draft: JobEditor, saved: Job) -> str:
    return f"{saved.label} is {'added' if draft.job is None else 'saved'}: leads judged from now on go by it."


def _page(request: HttpRequest, draft: JobEditor, **context: Any) -> HttpResponse:
    campaign: Campaign = draft.campaign
    return render(request, "processr/configure.html", {"campaign": campaign, "draft": draft, "names": field_names(campaign), **context})
