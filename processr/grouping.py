"""Groups while somebody arranges them: which jobs go where, and for which leads each job of a group runs."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.db import transaction
from django.http import QueryDict

from campaigns.models import Campaign
from config.panel.actor import Actor
from config.panel.forms import Dressed
from processr import access, services
from processr.forms import ConditionsForm, GroupForm
from processr.models import Job, JobGroup
from processr.overview import Overview
from processr.rows import with_row, without_row

NEW, NONE = "new", "none"


class ChosenJobs(Dressed, forms.Form):
    jobs = forms.TypedMultipleChoiceField(
        coerce=int, widget=forms.CheckboxSelectMultiple, label="Jobs", error_messages={"required": "Tick the jobs first."}
    )
    into = forms.ChoiceField(widget=forms.RadioSelect, label="Put them into", error_messages={"required": "Say where they go."})

    def __init__(self, *args: Any, overview: Overview, **options: Any) -> None:
        super().__init__(*args, **options)
        self.groups = {str(line.group.pk): line.group for line in overview.groups}
        movable = [job for job in overview.jobs if job.category == Job.Category.QUALITY and access.may_change(overview.who, job)]
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
        self.jobs = [job for job in overview.jobs if job.group_id == group.pk]

    @property
    def may_change(self) -> bool:
        return self.overview.may_configure and all(access.may_change(self.overview.who, job) for job in self.jobs)

    def open(self) -> None:
        self.form = GroupForm(initial={"name": self.group.name, "score": self.group.score})
        self.conditions = [(job, _conditions(job, {"conditions": stored(job)})) for job in self.jobs]

    def keep(self, typed: QueryDict, *, put_in: str = "", take_out: str = "") -> None:
        """As typed, and nothing said about it yet, with a row more or less."""
        typed = with_row(without_row(typed.copy(), take_out), put_in)
        widget = ConditionsForm.base_fields["conditions"].widget
        self.form = GroupForm(initial=typed.dict())
        self.conditions = [
            (job, _conditions(job, {"conditions": widget.value_from_datadict(typed, {}, f"{_prefix(job)}-conditions")}))
            for job in self.jobs
        ]

    def take(self, typed: QueryDict) -> bool:
        self.form = GroupForm(typed)
        self.conditions = [(job, ConditionsForm(typed, prefix=_prefix(job))) for job in self.jobs]
        return all([self.form.is_valid(), *(form.is_valid() for _, form in self.conditions)])


@transaction.atomic
def save_group(editing: GroupEditing, *, actor: Actor) -> None:
    """What is as it was leaves no trace."""
    group, said = editing.group, editing.form.cleaned_data
    if said != {"name": group.name, "score": group.score}:
        services.update_group(group.pk, actor=actor, **said)
    for job, form in editing.conditions:
        conditions = form.cleaned_data["conditions"]
        if conditions != stored(job):
            services.set_conditions(job.pk, conditions, actor=actor)


def stored(job: Job) -> list[dict[str, Any]]:
    return [{"field": condition.field, "values": condition.values} for condition in job.conditions.all()]


def _conditions(job: Job, initial: Mapping[str, Any]) -> ConditionsForm:
    return ConditionsForm(initial=initial, prefix=_prefix(job))


def _prefix(job: Job) -> str:
    return f"job{job.pk}"
