"""A campaign's Processr page: its jobs on three tabs, and the actions of their rows."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.models import Run
from leads import bulk
from processr import permissions, services
from processr.job_types.registry import job_types
from processr.models import Job
from processr.permissions import open_to_configurers
from processr.views.forms import ReleaseForm, RowForm, parse_version, version_of
from processr.views.overview import EDITED_IN_PLACE, ProcessrOverview

SAVED = "Saved."
UP, DOWN = "up", "down"


@require_GET
@open_to_configurers
def jobs_page(request: UserRequest, pk: int) -> HttpResponse:
    campaign = permissions.campaign_seen_by(request.user, pk)
    return _page(request, ProcessrOverview(campaign, request.user, requested_category(request.GET)))


@require_POST
@open_to_configurers
def job_edit(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    """Save label, stage, score and hard fail from the job's row."""
    campaign = permissions.campaign_to_configure(request.user, pk)
    job = permissions.job_to_change(request.user, campaign, job_id)
    form = RowForm(request.POST, category=job.category)
    problems = _save_row(request, job, form)
    if not request.htmx and not problems:
        messages.success(request, f"{form.cleaned_data['label']}: {SAVED}")
        return redirect_to_job(job)
    return _row(request, job, **(problems or {"message": SAVED}))


@require_POST
@open_to_configurers
def job_switch(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    """Switch a job on or off. Unsaved input in its row is kept."""
    campaign = permissions.campaign_to_configure(request.user, pk)
    job = permissions.job_to_change(request.user, campaign, job_id)
    on = request.POST.get("enabled") == "1"
    switch = services.enable_job if on else services.disable_job
    refusal = _refusal(lambda: switch(job.pk, actor=actor_of(request)))
    message = refusal or ("Enabled: it runs from now on." if on else "Disabled: it no longer runs.")
    if not request.htmx:
        (messages.error if refusal else messages.success)(request, f"{job.label}: {message}")
        return redirect_to_job(job)
    typed = _typed_values(request.POST)
    if typed["seen"] == version_of(job):
        typed["seen"] = ""  # Switching the job makes a new version itself, which the row then counts as having shown.
    return _row(request, job, typed=typed, message=message)


@require_POST
@open_to_configurers
def job_move(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    """Move a job one place up or down among the jobs of its tab."""
    campaign = permissions.campaign_to_configure(request.user, pk)
    job = permissions.job_to_change(request.user, campaign, job_id)
    order = [line.job.pk for line in ProcessrOverview(campaign, request.user, job.category).lines]
    old = order.index(job.pk)
    new = old + {UP: -1, DOWN: 1}.get(request.POST.get("to", ""), 0)
    if new != old and 0 <= new < len(order):
        order[old], order[new] = order[new], order[old]
        if refusal := _refusal(lambda: services.reorder_jobs(campaign, order, actor=actor_of(request))):
            messages.error(request, refusal)
    return redirect_to_job(job)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def job_delete(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    job = permissions.job_to_change(request.user, campaign, job_id)
    overview = ProcessrOverview(campaign, request.user, job.category)
    if request.method == "GET":
        job_type = job_types.get(job.type)
        try:
            effects = job_type.check_remove(job) if job_type else ()
        except DomainError as refusal:
            messages.error(request, f"{job.label}: {refusal.message}")
            return redirect(tab_url(campaign.pk, job.category))
        context = {"campaign": campaign, "line": overview.line(job.pk), "overview": overview, "effects": effects}
        return render(request, "processr/remove.html", context)
    if reason := _refusal(lambda: services.remove_job(job.pk, actor=actor_of(request))):
        messages.error(request, f"{job.label}: {reason}")
    else:
        messages.success(request, f"{job.label} is removed: it runs over no lead from now on. What it found so far stays readable.")
    return redirect(tab_url(campaign.pk, job.category))


@require_http_methods(["GET", "POST"])
@open_to_configurers
def held_leads_process(request: UserRequest, pk: int) -> HttpResponse:
    """Queue the held leads. Few are queued at once; the progress of many is on the page of the bulk action."""
    campaign = permissions.campaign_to_configure(request.user, pk)
    overview = ProcessrOverview(campaign, request.user)
    if request.method == "GET":
        return render(request, "processr/held.html", {"campaign": campaign, "overview": overview, "at_once": bulk.AT_ONCE})
    try:
        action = services.process_held(campaign.pk, actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("processr", pk=campaign.pk)
    if action.state != Run.State.DONE:
        return redirect("bulk_action", pk=action.pk)
    leads, pronoun = ("lead", "it") if action.done == 1 else ("leads", "them")
    rest = f" {action.failed:,} were no longer on hold and stay as they are." if action.failed else ""
    messages.success(request, f"{action.done:,} held {leads} queued: the jobs run over {pronoun} now.{rest}")
    return redirect("processr", pk=campaign.pk)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def held_leads_release(request: UserRequest, pk: int) -> HttpResponse:
    """Release leads that are held over delivery. Few are released at once; the progress of many is on the page of the bulk action."""
    campaign = permissions.campaign_to_configure(request.user, pk)
    form = ReleaseForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        overview = ProcessrOverview(campaign, request.user)
        context = {"campaign": campaign, "overview": overview, "form": form, "at_once": bulk.AT_ONCE, "at_most": bulk.AT_MOST}
        return render(request, "processr/release.html", context, status=200 if request.method == "GET" else 422)
    try:
        action = services.release_held(campaign.pk, form.cleaned_data["n"], actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("processr", pk=campaign.pk)
    if action.state != Run.State.DONE:
        return redirect("bulk_action", pk=action.pk)
    if not action.done:
        messages.warning(request, "None were released: what was chosen is no longer held.")
        return redirect("processr", pk=campaign.pk)
    leads = "lead" if action.done == 1 else "leads"
    rest = f" {action.failed:,} were no longer held and stay as they are." if action.failed else ""
    messages.success(
        request, f"{action.done:,} held {leads} released: their deliveries go out now, or when the process delay is over.{rest}"
    )
    return redirect("processr", pk=campaign.pk)


def requested_category(query: Mapping[str, Any]) -> str:
    """Return the category of the requested tab; an unknown one is the first tab."""
    tab = query.get("tab")
    return tab if tab in Job.Category.values else Job.Category.QUALITY


def tab_url(campaign_id: int, category: str) -> str:
    return f"{reverse('processr', args=[campaign_id])}?tab={category}"


def _page(request: UserRequest, overview: ProcessrOverview, **context: Any) -> HttpResponse:
    return render(request, "processr/page.html", {"campaign": overview.campaign, "overview": overview, **context})


def _row(request: UserRequest, job: Job, **row_state: Any) -> HttpResponse:
    """Return the row for htmx, otherwise the whole page with the row's unsaved input."""
    overview = ProcessrOverview(job.campaign, request.user, job.category)
    line = overview.line(job.pk, **row_state)
    if request.htmx:
        return render(request, "processr/_saved_row.html", {"campaign": job.campaign, "overview": overview, "line": line})
    return _page(request, overview, instead=line)


def _save_row(request: UserRequest, job: Job, form: RowForm) -> dict[str, Any]:
    """Save the row. Return nothing on success, otherwise the input and the errors to show in the row."""
    typed = _typed_values(request.POST)
    if not form.is_valid():
        return {"typed": typed, "errors": {name: errors[0] for name, errors in form.errors.items()}}
    try:
        services.update_job(job.pk, actor=actor_of(request), changes=form.changes, seen_at=parse_version(form.cleaned_data["seen"]))
    except services.ChangedMeanwhile as refusal:
        saved = refusal.job
        hardfail = "hard fail" if saved.hardfail else "no hard fail"
        state = f"{saved.label}, stage {saved.stage}, score {saved.score}, {hardfail}"
        message = f"{refusal.message} It now says: {state}. Yours is kept here: save again to replace it."
        return {"typed": typed | {"seen": ""}, "errors": {"": message}}
    except DomainError as refusal:
        return {"typed": typed, "errors": {refusal.field or "": refusal.message}}
    return {}


def _typed_values(data: QueryDict) -> dict[str, Any]:
    """Return the row's input and the version of the job that it showed. An empty version stands for the present one."""
    texts = {name: data.get(name, "") for name in (*EDITED_IN_PLACE, "seen")}
    return texts | {"hardfail": "hardfail" in data}


def _refusal(change: Callable[[], object]) -> str:
    """Make the change. Return the reason why it was refused, empty on success."""
    try:
        change()
    except DomainError as refusal:
        return refusal.message
    return ""


def redirect_to_job(job: Job) -> HttpResponseRedirect:
    return redirect(f"{tab_url(job.campaign_id, job.category)}#job-{job.pk}")
