"""The catalogue of job types, and the page of one job: its settings, its scoring, and a lead to try it on before it is saved."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from leads.privacy import person_for
from leads.search import recent_leads
from processr import permissions, services
from processr.job_types.base import JobType
from processr.job_types.registry import job_types
from processr.models import Job
from processr.permissions import open_to_configurers
from processr.selectors import catalogue as types_of
from processr.selectors import field_names
from processr.services.locking import outgoing_refusal
from processr.views.job_form import EditedJob, JobEditForm
from processr.views.jobs_page import redirect_to_job, requested_category
from processr.views.overview import ProcessrOverview
from processr.views.try_out import try_result

SAVE, TRY, PUT_IN, TAKE_OUT, ADD_ALL = "save", "try", "put-in", "take-out", "add-all"
LONGEST_SEARCH = 100


@require_http_methods(["GET", "POST"])
@open_to_configurers
def job_create(request: UserRequest, pk: int, type_key: str) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    job_type = job_types.get(type_key)
    if job_type is None:
        raise Http404
    if not permissions.may_configure_type(request.user, job_type):
        raise PermissionDenied(outgoing_refusal(job_type))
    stages = [job.stage for job in ProcessrOverview(campaign, request.user).jobs if job.category == job_type.category]
    return _run_action(request, EditedJob.of_type(campaign, job_type, after=max(stages, default=0)))


@require_http_methods(["GET", "POST"])
@open_to_configurers
def job_update(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    """Show and save the settings of a job, read-only for users who may not change it and where its type is gone."""
    campaign = permissions.campaign_seen_by(request.user, pk)
    job = permissions.job_seen_by(request.user, campaign, job_id)
    open_to_change = permissions.may_configure(request.user, campaign) and permissions.may_change(request.user, job)
    if request.method == "POST" and not (open_to_change and job_types.get(job.type)):
        raise PermissionDenied
    return _run_action(request, EditedJob.of_job(campaign, job, may_change=open_to_change))


def _run_action(request: UserRequest, edited: EditedJob) -> HttpResponse:
    """Run the posted action. Pressing Enter in a field saves; all other actions show the page again with everything that was typed."""
    action, _, row = request.POST.get("act", SAVE).partition(" ")
    if request.method == "GET":
        return _page(request, edited, JobEditForm(edited) if edited.job_type else None)
    if action == TRY and edited.can_be_tried:
        form = JobEditForm(edited, request.POST)
        trial = try_result(request, form)
        return _page(request, edited, form, trial=trial, in_vain=trial is None)
    if action == ADD_ALL:
        return _page(request, edited, JobEditForm.with_all_fields(edited, request.POST, setting=row))
    if action in (TRY, PUT_IN, TAKE_OUT):
        put_in, take_out = row if action == PUT_IN else "", row if action == TAKE_OUT else ""
        return _page(request, edited, JobEditForm.with_rows(edited, request.POST, put_in=put_in, take_out=take_out))
    form = JobEditForm(edited, request.POST)
    if form.is_valid() and (saved := _save(request, form)):
        is_new = edited.job is None
        return redirect("processr_job", pk=saved.campaign_id, job_id=saved.pk) if is_new else redirect_to_job(saved)
    return _page(request, edited, form)


def _save(request: UserRequest, form: JobEditForm) -> Job | None:
    actor, edited = actor_of(request), form.edited
    try:
        if edited.job is None:
            saved = services.add_job(edited.campaign, edited.known_type.key, actor=actor, enabled=False, **form.values)
        else:
            saved = services.update_job(edited.job.pk, actor=actor, changes=form.values, seen_at=form.seen_at)
    except services.ChangedMeanwhile as refusal:
        form.refuse(f"{refusal.message} What you typed is kept here: save again to overwrite their change.", seen=refusal.job)
    except DomainError as refusal:
        form.refuse(refusal.message, field=refusal.field)
    else:
        if edited.job is None:
            next_step = "try it first, then switch it on" if edited.can_be_tried else "switch it on when it is to get leads"
            messages.success(request, f"{saved.label} is added, and switched off: {next_step}.")
        elif saved.enabled:
            messages.success(request, f"{saved.label} is saved: leads judged from now on use these settings.")
        else:
            messages.success(request, f"{saved.label} is saved. It is switched off.")
        return saved
    return None


def _page(request: UserRequest, edited: EditedJob, form: JobEditForm | None, **context: Any) -> HttpResponse:
    """Render the page. There is no form if the type of the job is gone."""
    closed = permissions.closed_settings(request.user, edited.job_type, edited.campaign) if edited.job_type else []
    context |= {"campaign": edited.campaign, "draft": edited, "form": form, "names": field_names(edited.campaign), "closed": closed}
    if edited.job and edited.job.updated_by:
        context["changed_by"] = person_for(request.user, str(edited.job.updated_by))
    context["recent_leads"] = recent_leads(request.user, edited.campaign) if edited.may_change else []
    return render(request, "processr/configure.html", context)


@require_GET
@open_to_configurers
def job_types_list(request: UserRequest, pk: int) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    overview = ProcessrOverview(campaign, request.user, requested_category(request.GET))
    search = request.GET.get("q", "")[:LONGEST_SEARCH]
    types = [kind for kind in search_types(overview.category, search) if permissions.may_configure_type(request.user, kind)]
    existing = [job.type for job in overview.jobs]
    context = {"campaign": campaign, "overview": overview, "search": search, "types": [(kind, existing.count(kind.key)) for kind in types]}
    return render(request, "processr/add.html", context)


def search_types(category: str, search: str) -> list[type[JobType]]:
    """Return the types whose label or description contains every word; those whose label contains them all come first."""
    words = search.casefold().split()
    by_label, by_description = [], []
    for job_type in types_of(category):
        if all(word in job_type.label.casefold() for word in words):
            by_label.append(job_type)
        elif all(word in f"{job_type.label} {job_type.description}".casefold() for word in words):
            by_description.append(job_type)
    return [*by_label, *by_description]
