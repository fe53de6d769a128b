"""Groups while somebody arranges them: which jobs go where, and for which leads each job of a group runs."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from campaigns.models import Campaign
from config.panel.actor import Actor
from config.panel.forms import Dressed
from processr import access, services
from processr.forms import ConditionsForm, GroupForm
from processr.models import Job, JobGroup
from processr.overview import Overview, conditions_in_words
from processr.rows import with_row, without_row
from processr.services.groups import group_digest

NEW, NONE = "new", "none"
SEEN = "seen"


class ChosenJobs(Dressed, forms.Form):
    jobs = forms.TypedMultipleChoiceField(
        coerce=int, widget=forms.CheckboxSelectMultiple, label="Jobs", error_messages={"required": "Tick the jobs first."}
    )
    into = forms.ChoiceField(widget=forms.RadioSelect, label="Put them into", error_messages={"required": "Say where they go."})

    def __init__(self, *args: Any, overview: Overview, **options: Any) -> None:
        super().__init__(*args, **options)
        self.groups = {str(line.group.pk): line.group for line in overview.groups_of_tab}
        movable = [job for job in overview.jobs if job.category == overview.category and access.may_change(overview.who, job)]
        choices: dict[str, list[tuple[Any, str]]] = {"jobs": [(job.pk, _named(job)) for job in movable]}
        places: list[tuple[Any, str]] = [(pk, group.name) for pk, group in self.groups.items()]
        choices["into"] = [*places, (NEW, "A new group"), (NONE, "No group: each runs by itself")]
        for name, offered in choices.items():
            cast(forms.ChoiceField, self.fields[name]).choices = offered

    @property
    def wants_new_group(self) -> bool:
        return bool(self.data.get("into") == NEW)

    @property
    def job_ids(self) -> list[int]:
        return list(self.cleaned_data["jobs"])


def _named(job: Job) -> str:
    return f"{job.label} (in {job.group.name})" if job.group else job.label


@transaction.atomic
def put_into_group(campaign: Campaign, chosen: ChosenJobs, form: GroupForm, *, actor: Actor) -> JobGroup | None:
    """Nothing where they are to be in no group."""
    into = chosen.cleaned_data["into"]
    group = services.create_group(campaign, actor=actor, **form.cleaned_data) if into == NEW else chosen.groups.get(into)
    services.put_in_group(chosen.job_ids, group, actor=actor)
    return group


class GroupEditing:
    """Name and score of a group and the conditions of its jobs. One of `open`, `keep` and `take` comes first: it makes the forms."""

    form: GroupForm
    conditions: list[tuple[Job, ConditionsForm]]

    def __init__(self, overview: Overview, group: JobGroup) -> None:
        self.overview, self.group = overview, group
        self.seen = self.state

    @property
    def jobs(self) -> list[Job]:
        return [job for job in self.overview.jobs if job.group_id == self.group.pk]

    @property
    def may_change(self) -> bool:
        return self.overview.may_configure and all(access.may_change(self.overview.who, job) for job in self.jobs)

    @property
    def state(self) -> str:
        return group_digest(self.group, self.jobs)

    @property
    def now(self) -> str:
        """As it is stored, in a sentence."""
        members = [f"{job.label} {f'if {told}' if (told := conditions_in_words(job)) else 'for every lead left'}" for job in self.jobs]
        return "; ".join([f"{self.group.name}, score {self.group.score}", *members])

    def open(self) -> None:
        self.form = self._form(initial={"name": self.group.name, "score": self.group.score})
        self.conditions = [(job, _conditions(job, {"conditions": stored(job)})) for job in self.jobs]

    def keep(self, typed: QueryDict, *, put_in: str = "", take_out: str = "") -> None:
        """As typed, and nothing said about it yet, with a row more or less."""
        typed = with_row(without_row(typed.copy(), take_out), put_in)
        widget = ConditionsForm.base_fields["conditions"].widget
        self.form, self.seen = self._form(initial=typed.dict()), typed.get(SEEN, "")
        self.conditions = [
            (job, _conditions(job, {"conditions": widget.value_from_datadict(typed, {}, f"{_prefix(job)}-conditions")}))
            for job in self.jobs
        ]

    def take(self, typed: QueryDict) -> bool:
        """A job of which the page has shown nothing keeps its conditions."""
        self.form, self.seen = self._form(typed), typed.get(SEEN, "")
        self.conditions = [(job, ConditionsForm(_typed(job, typed), prefix=_prefix(job))) for job in self.jobs]
        return all([self.form.is_valid(), *(form.is_valid() for _, form in self.conditions)])

    def _form(self, *args: Any, **options: Any) -> GroupForm:
        return GroupForm(*args, category=self.jobs[0].category if self.jobs else "", **options)

    def catch_up(self, typed: QueryDict) -> None:
        """As typed, over what others have saved, which is seen from here on."""
        self.group.refresh_from_db()
        self.overview = Overview(self.overview.campaign, self.overview.who)
        self.take(typed)
        self.seen = self.state


@transaction.atomic
def save_group(editing: GroupEditing, *, actor: Actor) -> None:
    """What is as it was leaves no trace."""
    group, said = editing.group, editing.form.cleaned_data
    services.refuse_changed_group(group.pk, seen=editing.seen, actor=actor)
    if any(said[name] != getattr(group, name) for name in said):
        services.update_group(group.pk, actor=actor, **said)
    for job, form in editing.conditions:
        conditions = form.cleaned_data["conditions"]
        if conditions != stored(job):
            services.set_conditions(job.pk, conditions, actor=actor)


@transaction.atomic
def dissolve_group(editing: GroupEditing, *, seen: str, actor: Actor) -> None:
    services.refuse_changed_group(editing.group.pk, seen=seen, actor=actor)
    services.remove_group(editing.group.pk, actor=actor)


def stored(job: Job) -> list[dict[str, Any]]:
    return [{"field": condition.field, "values": condition.values} for condition in job.conditions.all()]


def _typed(job: Job, typed: QueryDict) -> Mapping[str, Any]:
    name = f"{_prefix(job)}-conditions"
    is_there = not ConditionsForm.base_fields["conditions"].widget.value_omitted_from_data(typed, MultiValueDict(), name)
    return typed if is_there else {name: stored(job)}


def _conditions(job: Job, initial: Mapping[str, Any]) -> ConditionsForm:
    return ConditionsForm(initial=initial, prefix=_prefix(job))


def _prefix(job: Job) -> str:
    return f"job{job.pk}"
