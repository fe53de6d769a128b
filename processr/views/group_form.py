"""The pages of job groups: which jobs are in a group, its score, and the conditions on which each of its jobs runs."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods

from campaigns.models import Campaign
from config.core.accounts.requests import UserRequest
from config.core.actor import Actor, actor_of
from config.core.errors import DomainError
from config.core.forms.layout import Fields, ShownWhen
from config.core.forms.page_form import share_focus
from processr import permissions, services
from processr.job_types.rows_field import with_row, without_row
from processr.models import Job, JobGroup
from processr.permissions import open_to_configurers
from processr.selectors import field_names, groups_for
from processr.services.groups import group_digest, stored_conditions
from processr.views.forms import ConditionsForm, JobGroupForm
from processr.views.jobs_page import requested_category
from processr.views.overview import ProcessrOverview, conditions_in_words

NEW, NONE = "new", "none"
SEEN = "seen"
SAVE, PUT_IN, TAKE_OUT = "save", "put-in", "take-out"


class ChosenJobs(JobGroupForm):
    """Jobs, and the group to put them into. A new group has a name and a score."""

    layout = Fields("jobs", "into", ShownWhen("into", NEW, "name", "score"))

    jobs = forms.TypedMultipleChoiceField(
        coerce=int, widget=forms.CheckboxSelectMultiple, label="Jobs", error_messages={"required": "Tick the jobs first."}
    )
    into = forms.ChoiceField(widget=forms.RadioSelect, label="Put them into", error_messages={"required": "Choose where to put them."})

    def __init__(self, *args: Any, overview: ProcessrOverview, **options: Any) -> None:
        super().__init__(*args, category=overview.category, **options)
        self.groups = {str(line.group.pk): line.group for line in overview.groups_of_tab}
        movable = [job for job in overview.jobs if job.category == overview.category and permissions.may_change(overview.who, job)]
        jobs_field, into_field = self.fields["jobs"], self.fields["into"]
        assert isinstance(jobs_field, forms.ChoiceField)
        assert isinstance(into_field, forms.ChoiceField)
        jobs_field.choices = [(job.pk, f"{job.label} (in {job.group.name})" if job.group else job.label) for job in movable]
        groups = [(pk, group.name) for pk, group in self.groups.items()]
        into_field.choices = [*groups, (NEW, "A new group"), (NONE, "No group: each runs by itself")]

    @property
    def job_ids(self) -> list[int]:
        return list(self.cleaned_data["jobs"])

    @property
    def new_group(self) -> dict[str, Any]:
        """The values of the group to be created; empty where an existing one was chosen."""
        if self.cleaned_data["into"] != NEW:
            return {}
        return {name: self.cleaned_data[name] for name in JobGroupForm.base_fields if name in self.fields}

    @property
    def group(self) -> JobGroup | None:
        """The chosen group among those that exist."""
        return self.groups.get(self.cleaned_data["into"])


@dataclass(frozen=True)
class EditedGroup:
    """The group that a page shows, with its jobs as the overview has read them."""

    overview: ProcessrOverview
    group: JobGroup

    @property
    def jobs(self) -> list[Job]:
        return [job for job in self.overview.jobs if job.group_id == self.group.pk]

    @property
    def may_change(self) -> bool:
        return self.overview.may_configure and all(permissions.may_change(self.overview.who, job) for job in self.jobs)

    @property
    def state(self) -> str:
        return group_digest(self.group, self.jobs)

    @property
    def in_words(self) -> str:
        """The stored state in one sentence."""
        members = []
        for job in self.jobs:
            conditions = conditions_in_words(job)
            members.append(f"{job.label} if {conditions}" if conditions else f"{job.label} for every lead left")
        return "; ".join([f"{self.group.name}, score {self.group.score}", *members])


class GroupEditForm(JobGroupForm):
    """The name and score of a group, with a form of the conditions of each of its jobs as `conditions`.

    All are valid together. `seen` is the state of the group that the page has shown.
    """

    def __init__(self, edited: EditedGroup, data: QueryDict | None = None, *, typed: QueryDict | None = None) -> None:
        """Bind the forms to `data`, if given. `typed` is shown again without being validated."""
        stored = {"name": edited.group.name, "score": edited.group.score}
        category = edited.jobs[0].category if edited.jobs else ""
        super().__init__(data, initial=stored if typed is None else typed.dict(), category=category)
        self.edited = edited
        self.conditions = [(job, _conditions_form(job, data, typed)) for job in edited.jobs]
        share_focus(self, *(form for _, form in self.conditions))
        posted = typed if data is None else data
        self.seen = edited.state if posted is None else posted.get(SEEN, "")

    @classmethod
    def with_rows(cls, edited: EditedGroup, data: QueryDict, *, put_in: str = "", take_out: str = "") -> "GroupEditForm":
        """Return the form with everything as it was typed, and one condition added or removed."""
        return cls(edited, typed=with_row(without_row(data.copy(), take_out), put_in))

    def is_valid(self) -> bool:
        """Validate the conditions too, so that all errors are shown at once."""
        return all([super().is_valid(), *(form.is_valid() for _, form in self.conditions)])

    @property
    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "conditions": {job.pk: form.cleaned_data["conditions"] for job, form in self.conditions}}

    def over_present_state(self, data: QueryDict, refusal: services.GroupChangedMeanwhile) -> "GroupEditForm":
        """Return the form with what was typed, `data`, over what others have saved meanwhile, which counts as seen from here on."""
        edited = EditedGroup(ProcessrOverview(self.edited.overview.campaign, self.edited.overview.who), self.edited.group)
        edited.group.refresh_from_db()
        form = GroupEditForm(edited, data)
        form.seen = edited.state
        kept = "What you typed is kept here: save again to overwrite their change."
        form.add_error(None, f"{refusal.message} It now says: {edited.in_words}. {kept}")
        return form


def _conditions_form(job: Job, data: QueryDict | None, typed: QueryDict | None) -> ConditionsForm:
    """Return the form, bound if `data` is given. A job that the page did not show keeps its conditions."""
    prefix = f"job{job.pk}"
    name, widget = f"{prefix}-conditions", ConditionsForm.base_fields["conditions"].widget
    if data is not None:
        shown = not widget.value_omitted_from_data(data, MultiValueDict(), name)
        return ConditionsForm(data if shown else {name: stored_conditions(job)}, prefix=prefix)
    conditions = stored_conditions(job) if typed is None else widget.value_from_datadict(typed, {}, name)
    return ConditionsForm(initial={"conditions": conditions}, prefix=prefix)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def groups_list(request: UserRequest, pk: int) -> HttpResponse:
    """Show the jobs of one tab and put the ticked ones into a group."""
    campaign = permissions.campaign_to_configure(request.user, pk)
    overview = ProcessrOverview(campaign, request.user, requested_category(request.GET))
    form = ChosenJobs(request.POST if request.method == "POST" else None, overview=overview)
    if request.method == "POST" and form.is_valid():
        try:
            group = _regroup(campaign, form, actor=actor_of(request))
        except DomainError as refusal:
            _add_refusal(form, refusal)
        else:
            return _redirect_to_group(request, campaign, len(form.job_ids), group)
    return render(request, "processr/groups.html", {"campaign": campaign, "overview": overview, "form": form})


@require_http_methods(["GET", "POST"])
@open_to_configurers
def group_update(request: UserRequest, pk: int, group_id: int) -> HttpResponse:
    """Show and save a group's name and score and the conditions of its jobs."""
    campaign = permissions.campaign_seen_by(request.user, pk)
    group = get_object_or_404(groups_for(request.user), campaign=campaign, pk=group_id)
    if request.method == "POST":
        permissions.campaign_to_configure(request.user, pk)
    edited = EditedGroup(ProcessrOverview(campaign, request.user), group)
    action, _, row = request.POST.get("act", SAVE).partition(" ")
    if request.method == "GET":
        form = GroupEditForm(edited)
    elif action in (PUT_IN, TAKE_OUT):
        put_in, take_out = row if action == PUT_IN else "", row if action == TAKE_OUT else ""
        form = GroupEditForm.with_rows(edited, request.POST, put_in=put_in, take_out=take_out)
    else:
        form = GroupEditForm(edited, request.POST)
        refused = _save(request, form) if form.is_valid() else form
        if refused is None:
            return redirect("processr_group", pk=campaign.pk, group_id=group.pk)
        form = refused
    context = {"campaign": campaign, "editing": form.edited, "form": form, "overview": form.edited.overview, "names": field_names(campaign)}
    return render(request, "processr/group.html", context)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def group_delete(request: UserRequest, pk: int, group_id: int) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    group = get_object_or_404(groups_for(request.user), campaign=campaign, pk=group_id)
    edited = EditedGroup(ProcessrOverview(campaign, request.user), group)
    if request.method == "GET":
        return _delete_page(request, edited)
    try:
        services.remove_group(group.pk, seen=request.POST.get(SEEN, ""), actor=actor_of(request))
    except services.GroupChangedMeanwhile as refusal:
        return _delete_page(request, edited, refusal=f"{refusal.message} This is how it is now.")
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("processr_group", pk=campaign.pk, group_id=group_id)
    messages.success(request, f"The group {group.name} is gone. Its jobs run by themselves from now on, each with its own score.")
    return redirect("processr", pk=campaign.pk)


def _regroup(campaign: Campaign, chosen: ChosenJobs, *, actor: Actor) -> JobGroup | None:
    """Return the group, or None when the jobs are taken out of their groups."""
    if chosen.new_group:
        return services.put_in_new_group(campaign, chosen.job_ids, actor=actor, **chosen.new_group)
    services.put_in_group(chosen.job_ids, chosen.group, actor=actor)
    return chosen.group


def _redirect_to_group(request: UserRequest, campaign: Campaign, n: int, group: JobGroup | None) -> HttpResponse:
    """Redirect to the group's page, because jobs that are new to a group have no conditions yet."""
    jobs = "1 job is" if n == 1 else f"{n} jobs are"
    if group is None:
        messages.success(request, f"{jobs} in no group now: each runs for every lead, with its own score.")
        return redirect("processr", pk=campaign.pk)
    messages.success(request, f"{jobs} in {group.name} now. Say for which leads each of them runs.")
    return redirect("processr_group", pk=campaign.pk, group_id=group.pk)


def _delete_page(request: UserRequest, edited: EditedGroup, *, refusal: str = "") -> HttpResponse:
    (line,) = [line for line in edited.overview.groups if line.group == edited.group]
    context = {"campaign": edited.overview.campaign, "line": line, "seen": edited.state, "refusal": refusal}
    return render(request, "processr/dissolve.html", context)


def _save(request: UserRequest, form: GroupEditForm) -> GroupEditForm | None:
    """Save the group. Return the form to show again if it is refused."""
    try:
        services.save_group(form.edited.group.pk, seen=form.seen, actor=actor_of(request), **form.values)
    except services.GroupChangedMeanwhile as refusal:
        return form.over_present_state(request.POST, refusal)
    except DomainError as refusal:
        _add_refusal(form, refusal)
        return form
    messages.success(request, f"{form.cleaned_data['name']} is saved: leads judged from now on use these settings.")
    return None


def _add_refusal(form: Any, refusal: DomainError) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
