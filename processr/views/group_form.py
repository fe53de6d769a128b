"""The pages of job groups: which jobs are in a group, its score, and the conditions on which each of its jobs runs."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods

from campaigns.models import Campaign
from config.core.accounts.forms import Dressed
from config.core.accounts.requests import UserRequest
from config.core.actor import Actor, of
from config.core.errors import DomainError
from processr import permissions, services
from processr.job_types.rows_field import with_row, without_row
from processr.models import Job, JobGroup
from processr.permissions import open_to_configurers
from processr.selectors import field_names
from processr.services.groups import group_digest
from processr.views.forms import ConditionsForm, JobGroupForm
from processr.views.jobs_page import requested_category
from processr.views.overview import ProcessrOverview, conditions_in_words

NEW, NONE = "new", "none"
SEEN = "seen"


class ChosenJobs(Dressed, forms.Form):
    jobs = forms.TypedMultipleChoiceField(
        coerce=int, widget=forms.CheckboxSelectMultiple, label="Jobs", error_messages={"required": "Tick the jobs first."}
    )
    into = forms.ChoiceField(widget=forms.RadioSelect, label="Put them into", error_messages={"required": "Say where they go."})

    def __init__(self, *args: Any, overview: ProcessrOverview, **options: Any) -> None:
        super().__init__(*args, **options)
        self.groups = {str(line.group.pk): line.group for line in overview.groups_of_tab}
        movable = [job for job in overview.jobs if job.category == overview.category and permissions.may_change(overview.who, job)]
        jobs_field, into_field = self.fields["jobs"], self.fields["into"]
        assert isinstance(jobs_field, forms.ChoiceField)
        assert isinstance(into_field, forms.ChoiceField)
        jobs_field.choices = [(job.pk, f"{job.label} (in {job.group.name})" if job.group else job.label) for job in movable]
        groups = [(pk, group.name) for pk, group in self.groups.items()]
        into_field.choices = [*groups, (NEW, "A new group"), (NONE, "No group: each runs by itself")]

    @property
    def wants_new_group(self) -> bool:
        return bool(self.data.get("into") == NEW)

    @property
    def job_ids(self) -> list[int]:
        return list(self.cleaned_data["jobs"])


@transaction.atomic
def put_into_group(campaign: Campaign, chosen: ChosenJobs, form: JobGroupForm, *, actor: Actor) -> JobGroup | None:
    """Return the group, or None when the jobs are taken out of their groups."""
    into = chosen.cleaned_data["into"]
    group = services.create_group(campaign, actor=actor, **form.cleaned_data) if into == NEW else chosen.groups.get(into)
    services.put_in_group(chosen.job_ids, group, actor=actor)
    return group


class GroupEditor:
    """The name and score of a group and the conditions of its jobs.

    `open`, `keep` or `take` must be called first: they create the forms.
    """

    form: JobGroupForm
    conditions: list[tuple[Job, ConditionsForm]]

    def __init__(self, overview: ProcessrOverview, group: JobGroup) -> None:
        self.overview, self.group = overview, group
        self.seen = self.state

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
    def now(self) -> str:
        """The stored state in one sentence."""
        members = []
        for job in self.jobs:
            conditions = conditions_in_words(job)
            members.append(f"{job.label} if {conditions}" if conditions else f"{job.label} for every lead left")
        return "; ".join([f"{self.group.name}, score {self.group.score}", *members])

    def open(self) -> None:
        self.form = self._form(initial={"name": self.group.name, "score": self.group.score})
        self.conditions = [(job, _conditions_form(job, stored_conditions(job))) for job in self.jobs]

    def keep(self, data: QueryDict, *, put_in: str = "", take_out: str = "") -> None:
        """Create the forms with the posted values, unvalidated, with one condition row added or removed."""
        data = with_row(without_row(data.copy(), take_out), put_in)
        widget = ConditionsForm.base_fields["conditions"].widget
        self.form, self.seen = self._form(initial=data.dict()), data.get(SEEN, "")
        self.conditions = []
        for job in self.jobs:
            rows = widget.value_from_datadict(data, {}, f"{_prefix(job)}-conditions")
            self.conditions.append((job, _conditions_form(job, rows)))

    def take(self, data: QueryDict) -> bool:
        """Create the forms bound to the posted values and validate them. A job that the page did not show keeps its conditions."""
        self.form, self.seen = self._form(data), data.get(SEEN, "")
        self.conditions = [(job, ConditionsForm(_posted_conditions(job, data), prefix=_prefix(job))) for job in self.jobs]
        return all([self.form.is_valid(), *(form.is_valid() for _, form in self.conditions)])

    def _form(self, *args: Any, **options: Any) -> JobGroupForm:
        return JobGroupForm(*args, category=self.jobs[0].category if self.jobs else "", **options)

    def catch_up(self, data: QueryDict) -> None:
        """Reload what others have saved and put the posted values over it. From here on the page counts as having seen that state."""
        self.group.refresh_from_db()
        self.overview = ProcessrOverview(self.overview.campaign, self.overview.who)
        self.take(data)
        self.seen = self.state


@transaction.atomic
def save_group(editing: GroupEditor, *, actor: Actor) -> None:
    """Save what differs from the stored state; what is unchanged is not recorded in the audit trail."""
    group, values = editing.group, editing.form.cleaned_data
    services.refuse_changed_group(group.pk, seen=editing.seen, actor=actor)
    if any(values[name] != getattr(group, name) for name in values):
        services.update_group(group.pk, actor=actor, **values)
    for job, form in editing.conditions:
        conditions = form.cleaned_data["conditions"]
        if conditions != stored_conditions(job):
            services.set_conditions(job.pk, conditions, actor=actor)


@transaction.atomic
def dissolve_group(editing: GroupEditor, *, seen: str, actor: Actor) -> None:
    services.refuse_changed_group(editing.group.pk, seen=seen, actor=actor)
    services.remove_group(editing.group.pk, actor=actor)


def stored_conditions(job: Job) -> list[dict[str, Any]]:
    return [{"field": condition.field, "values": condition.values} for condition in job.conditions.all()]


def _posted_conditions(job: Job, data: QueryDict) -> Mapping[str, Any]:
    """Return the posted data, or the stored conditions if the page did not show the job."""
    name = f"{_prefix(job)}-conditions"
    omitted = ConditionsForm.base_fields["conditions"].widget.value_omitted_from_data(data, MultiValueDict(), name)
    return {name: stored_conditions(job)} if omitted else data


def _conditions_form(job: Job, conditions: Any) -> ConditionsForm:
    return ConditionsForm(initial={"conditions": conditions}, prefix=_prefix(job))


def _prefix(job: Job) -> str:
    return f"job{job.pk}"


@require_http_methods(["GET", "POST"])
@open_to_configurers
def groups_list(request: UserRequest, pk: int) -> HttpResponse:
    """Show the jobs of one tab and put the ticked ones into a group."""
    campaign = permissions.campaign_to_configure(request.user, pk)
    overview = ProcessrOverview(campaign, request.user, requested_category(request.GET))
    chosen = ChosenJobs(request.POST if request.method == "POST" else None, overview=overview)
    form = JobGroupForm(request.POST if chosen.wants_new_group else None, category=overview.category)
    if request.method == "POST" and chosen.is_valid() and (not form.is_bound or form.is_valid()):
        try:
            group = put_into_group(campaign, chosen, form, actor=of(request))
        except DomainError as refusal:
            _add_refusal(form if refusal.field in form.fields else chosen, refusal)
        else:
            return _redirect_to_group(request, campaign, len(chosen.job_ids), group)
    return render(request, "processr/groups.html", {"campaign": campaign, "overview": overview, "chosen": chosen, "form": form})


@require_http_methods(["GET", "POST"])
@open_to_configurers
def group_update(request: UserRequest, pk: int, group_id: int) -> HttpResponse:
    """Show and save a group's name and score and the conditions of its jobs."""
    campaign = permissions.campaign_seen_by(request.user, pk)
    group = get_object_or_404(JobGroup, campaign=campaign, pk=group_id)
    if request.method == "POST":
        permissions.campaign_to_configure(request.user, pk)
    editing = GroupEditor(ProcessrOverview(campaign, request.user), group)
    action, _, row = request.POST.get("act", "save").partition(" ")
    if request.method == "GET":
        editing.open()
    elif action in ("put-in", "take-out"):
        editing.keep(request.POST, put_in=row if action == "put-in" else "", take_out=row if action == "take-out" else "")
    elif editing.take(request.POST) and _save(request, editing):
        return redirect("processr_group", pk=campaign.pk, group_id=group.pk)
    context = {"campaign": campaign, "editing": editing, "overview": editing.overview, "names": field_names(campaign)}
    return render(request, "processr/group.html", context)


@require_http_methods(["GET", "POST"])
@open_to_configurers
def group_delete(request: UserRequest, pk: int, group_id: int) -> HttpResponse:
    campaign = permissions.campaign_to_configure(request.user, pk)
    group = get_object_or_404(JobGroup, campaign=campaign, pk=group_id)
    editing = GroupEditor(ProcessrOverview(campaign, request.user), group)
    if request.method == "GET":
        return _delete_page(request, editing)
    try:
        dissolve_group(editing, seen=request.POST.get(SEEN, ""), actor=of(request))
    except services.GroupChangedMeanwhile as refusal:
        return _delete_page(request, editing, refusal=f"{refusal.message} This is how it is now.")
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("processr_group", pk=campaign.pk, group_id=group_id)
    messages.success(request, f"The group {group.name} is gone. Its jobs run by themselves from now on, each with its own score.")
    return redirect("processr", pk=campaign.pk)


def _redirect_to_group(request: UserRequest, campaign: Campaign, n: int, group: JobGroup | None) -> HttpResponse:
    """Redirect to the group's page, because jobs that are new to a group have no conditions yet."""
    jobs = "1 job is" if n == 1 else f"{n} jobs are"
    if group is None:
        messages.success(request, f"{jobs} in no group now: each runs for every lead, with its own score.")
        return redirect("processr", pk=campaign.pk)
    messages.success(request, f"{jobs} in {group.name} now. Say for which leads each of them runs.")
    return redirect("processr_group", pk=campaign.pk, group_id=group.pk)


def _delete_page(request: UserRequest, editing: GroupEditor, *, refusal: str = "") -> HttpResponse:
    (line,) = [line for line in editing.overview.groups if line.group == editing.group]
    context = {"campaign": editing.overview.campaign, "line": line, "seen": editing.state, "refusal": refusal}
    return render(request, "processr/dissolve.html", context)


def _save(request: UserRequest, editing: GroupEditor) -> bool:
    try:
        save_group(editing, actor=of(request))
    except services.GroupChangedMeanwhile as refusal:
        editing.catch_up(request.POST)
        message = f"{refusal.message} It now says: {editing.now}. What you typed is kept here: save again to put it in place of theirs."
        editing.form.add_error(None, message)
    except DomainError as refusal:
        _add_refusal(editing.form, refusal)
    else:
        messages.success(request, f"{editing.form.cleaned_data['name']} is saved: leads judged from now on go by it.")
        return True
    return False


def _add_refusal(form: Any, refusal: DomainError) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
