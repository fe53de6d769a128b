"""Groups of jobs, of which one runs for a lead: who is in them, what they give, and on which conditions each job runs."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from campaigns.models import Campaign
from config.panel.actor import of
from config.panel.errors import DomainError
from processr import access, services
from processr.forms import GroupForm
from processr.grouping import SEEN, ChosenJobs, GroupEditing, dissolve_group, put_into_group, save_group
from processr.models import JobGroup
from processr.names import field_names
from processr.overview import Overview
from processr.views.gate import open_to_configurers
from processr.views.page import category_asked


@require_http_methods(["GET", "POST"])
@open_to_configurers
def groups(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick jobs of one tab, and say which group they go into."""
    campaign = access.campaign_to_configure(request.user, pk)
    overview = Overview(campaign, request.user, category_asked(request.GET))
    chosen = ChosenJobs(request.POST if request.method == "POST" else None, overview=overview)
    form = GroupForm(request.POST if chosen.wants_new_group else None, category=overview.category)
    if request.method == "POST" and chosen.is_valid() and (not form.is_bound or form.is_valid()):
        try:
            group = put_into_group(campaign, chosen, form, actor=of(request))
        except DomainError as refusal:
            _refuse(form if refusal.field in form.fields else chosen, refusal)
        else:
            return _put(request, campaign, len(chosen.job_ids), group)
    return render(request, "processr/groups.html", {"campaign": campaign, "overview": overview, "chosen": chosen, "form": form})


@require_http_methods(["GET", "POST"])
@open_to_configurers
def group(request: HttpRequest, pk: int, group_id: int) -> HttpResponse:
    """Name, score, and the conditions of its jobs."""
    campaign = access.campaign_seen_by(request.user, pk)
    found = get_object_or_404(JobGroup, campaign=campaign, pk=group_id)
    if request.method == "POST":
        access.campaign_to_configure(request.user, pk)
    editing = GroupEditing(Overview(campaign, request.user), found)
    act, _, what = request.POST.get("act", "save").partition(" ")
    if request.method == "GET":
        editing.open()
    elif act in ("put-in", "take-out"):
        editing.keep(request.POST, put_in=what if act == "put-in" else "", take_out=what if act == "take-out" else "")
    elif editing.take(request.POST) and _saved(request, editing):
        return redirect("processr_group", pk=campaign.pk, group_id=found.pk)
    context = {"campaign": campaign, "editing": editing, "overview": editing.overview, "names": field_names(campaign)}
    return render(request, "processr/group.html", context)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def dissolve(request: HttpRequest, pk: int, group_id: int) -> HttpResponse:
    campaign = access.campaign_to_configure(request.user, pk)
    found = get_object_or_404(JobGroup, campaign=campaign, pk=group_id)
    editing = GroupEditing(Overview(campaign, request.user), found)
    if request.method == "GET":
        return _dissolving(request, editing)
    try:
        dissolve_group(editing, seen=request.POST.get(SEEN, ""), actor=of(request))
    except services.GroupChangedMeanwhile as refusal:
        return _dissolving(request, editing, refusal=f"{refusal.message} This is how it is now.")
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("processr_group", pk=campaign.pk, group_id=group_id)
    messages.success(request, f"The group {found.name} is gone. Its jobs run by themselves from now on, each with its own score.")
    return redirect("processr", pk=campaign.pk)


def _put(request: HttpRequest, campaign: Campaign, n: int, group: JobGroup | None) -> HttpResponse:
    """On to the conditions, which a job that is new to a group has none of."""
    jobs = "1 job is" if n == 1 else f"{n} jobs are"
    if group is None:
        messages.success(request, f"{jobs} in no group now: each runs for every lead, with its own score.")
        return redirect("processr", pk=campaign.pk)
    messages.success(request, f"{jobs} in {group.name} now. Say for which leads each of them runs.")
    return redirect("processr_group", pk=campaign.pk, group_id=group.pk)


def _dissolving(request: HttpRequest, editing: GroupEditing, *, refusal: str = "") -> HttpResponse:
    (line,) = [line for line in editing.overview.groups if line.group == editing.group]
    context = {"campaign": editing.overview.campaign, "line": line, "seen": editing.state, "refusal": refusal}
    return render(request, "processr/dissolve.html", context)


def _saved(request: HttpRequest, editing: GroupEditing) -> bool:
    try:
        save_group(editing, actor=of(request))
    except services.GroupChangedMeanwhile as refusal:
        editing.catch_up(request.POST)
        told = f"{refusal.message} It now says: {editing.now}. What you typed is kept here: save again to put it in place of theirs."
        editing.form.add_error(None, told)
    except DomainError as refusal:
        _refuse(editing.form, refusal)
    else:
        messages.success(request, f"{editing.form.cleaned_data['name']} is saved: leads judged from now on go by it.")
        return True
    return False


def _refuse(form: Any, refusal: DomainError) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
