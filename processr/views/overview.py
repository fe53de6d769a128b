"""A campaign's Processr as its page shows it: jobs by stage with rules and statistics, groups, and the points a lead can reach."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Prefetch

from campaigns.models import Campaign
from campaigns.scope import Who
from config.core.lists.pagination import count_capped
from processr import permissions, texts
from processr.job_types.base import HealthFigure, JobHealth, JobType
from processr.job_types.registry import job_types
from processr.jobs.text.phrases import join_names
from processr.models import GroupCondition, Job, JobGroup
from processr.plans import planned
from processr.selectors import Statistics, groups_for, held_over_delivery, held_without_job, jobs_for, statistics_of
from processr.views.forms import version_of

EDITED_IN_PLACE = ("label", "stage", "score", "hardfail")


@dataclass(frozen=True)
class JobLine:
    """A job in the table. `typed` is unsaved input of its row."""

    job: Job
    statistics: Statistics
    may_change: bool
    typed: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    message: str = ""
    """The message after an attempt to save the row."""
    health: JobHealth | None = None
    figures: Sequence[tuple[str, HealthFigure | None]] = ()
    """Figures by label, in the order of the tab's columns; empty where the tab shows statistics."""

    @property
    def values(self) -> dict[str, Any]:
        return {name: getattr(self.job, name) for name in EDITED_IN_PLACE} | self.typed

    @property
    def type(self) -> type[JobType] | None:
        return job_types.get(self.job.type)

    @property
    def gives_points(self) -> bool:
        """Whether the job is a quality job: the other categories do not judge leads."""
        return self.job.category == Job.Category.QUALITY

    @property
    def may_edit(self) -> bool:
        """Whether the row can be edited. A job whose type is gone can only be disabled and removed."""
        return self.may_change and self.type is not None

    @property
    def kind(self) -> str:
        return self.type.label if self.type else self.job.type

    @property
    def rule(self) -> str:
        return self.type(planned(self.job)).rule() if self.type else texts.TYPE_GONE

    @property
    def version(self) -> str:
        """The version of the job that the row shows."""
        return self.typed.get("seen") or version_of(self.job)

    @property
    def conditions(self) -> str:
        return conditions_in_words(self.job)


@dataclass(frozen=True)
class GroupLine:
    group: JobGroup
    jobs: list[Job]

    @property
    def category(self) -> str:
        """The category of the group's jobs; empty for a group without jobs."""
        return self.jobs[0].category if self.jobs else ""

    @property
    def members(self) -> list[tuple[Job, str]]:
        return [(job, conditions_in_words(job)) for job in self.jobs]


@dataclass(frozen=True)
class ReachableScore:
    """The highest score that a lead can reach, and the score at which Caution begins."""

    most: int
    threshold: int
    hard_fails: int

    @property
    def caution_from(self) -> int:
        return -(-self.threshold * self.most // 100)


class ProcessrOverview:
    """Everything the page shows, each part read once on first use.

    `who` must be able to see the campaign: the view checks that.
    """

    def __init__(self, campaign: Campaign, who: Who, category: str = Job.Category.QUALITY) -> None:
        self.campaign, self.who, self.category = campaign, who, category

    @cached_property
    def may_configure(self) -> bool:
        return permissions.may_configure(self.who, self.campaign)

    @property
    def may_send_test_leads(self) -> bool:
        return self.may_configure and not permissions.refusal_to_ask(self.who)

    @cached_property
    def jobs(self) -> list[Job]:
        """Jobs of every category, in the order in which they run."""
        conditions = Prefetch("conditions", GroupCondition.objects.order_by("pk"))
        jobs = Job.objects.filter(pk__in=jobs_for(self.who).filter(campaign=self.campaign).values("pk"))
        return list(jobs.order_by("stage", "pk").select_related("group", "updated_by").prefetch_related(conditions))

    @cached_property
    def enabled(self) -> list[Job]:
        return [job for job in self.jobs if job.enabled]

    @property
    def tabs(self) -> list[tuple[str, str, int]]:
        """Key, label and number of jobs of each tab."""
        return [(key, label, sum(job.category == key for job in self.jobs)) for key, label in Job.Category.choices]

    @cached_property
    def figures(self) -> list[str]:
        """The labels of the figures that the tab's job types show in place of the statistics."""
        types = [job_types.get(job.type) for job in self.jobs if job.category == self.category]
        return list(dict.fromkeys(label for job_type in types if job_type for label in job_type.figures))

    @property
    def tab_label(self) -> str:
        return str(Job.Category(self.category).label)

    @cached_property
    def lines(self) -> list[JobLine]:
        return self._lines([job for job in self.jobs if job.category == self.category])

    def line(self, job_id: int, **row_state: Any) -> JobLine:
        """Return the line of a job. `row_state` are further fields of the line: unsaved input, errors, a message."""
        (line,) = self._lines([job for job in self.jobs if job.pk == job_id], **row_state)
        return line

    @cached_property
    def groups(self) -> list[GroupLine]:
        groups = groups_for(self.who).filter(campaign=self.campaign).order_by("name")
        return [GroupLine(group, [job for job in self.jobs if job.group_id == group.pk]) for group in groups]

    @property
    def groups_of_tab(self) -> list[GroupLine]:
        """Groups that the jobs of this tab are in or can be put into."""
        return [line for line in self.groups if line.category in ("", self.category)]

    @cached_property
    def reachable_score(self) -> ReachableScore:
        scored = [job for job in self.enabled if job.category == Job.Category.QUALITY and job_types.get(job.type)]
        group_scores = {job.group_id: job.group.score for job in scored if job.group}
        single_scores = [job.score for job in scored if job.group is None]
        hard_fails = sum(job.hardfail for job in scored)
        return ReachableScore(sum(single_scores) + sum(group_scores.values()), self.campaign.threshold, hard_fails)

    @cached_property
    def held(self) -> tuple[int, bool]:
        """The number of leads held because there was no job, and whether the count is exact."""
        return count_capped(held_without_job(self.campaign).order_by())

    @cached_property
    def held_over(self) -> tuple[int, bool]:
        """The number of leads held over delivery, and whether the count is exact."""
        return count_capped(held_over_delivery(self.campaign).order_by())

    @property
    def moves(self) -> dict[int, tuple[bool, bool]]:
        """For each job id, whether it can be moved up and down on its tab."""
        ids = [line.job.pk for line in self.lines]
        return {pk: (position > 0, position < len(ids) - 1) for position, pk in enumerate(ids)}

    def _lines(self, jobs: Sequence[Job], **row_state: Any) -> list[JobLine]:
        statistics, healths = statistics_of([job.pk for job in jobs]), _healths(jobs)
        lines = []
        for job in jobs:
            health = healths.get(job.pk)
            figures = [(label, health.figures.get(label) if health else None) for label in self.figures]
            may_change = self.may_configure and permissions.may_change(self.who, job)
            lines.append(JobLine(job, statistics[job.pk], may_change, health=health, figures=figures, **row_state))
        return lines


def _healths(jobs: Sequence[Job]) -> dict[int, JobHealth]:
    """Return the health of jobs by id. Each type is called once, with all its jobs."""
    healths: dict[int, JobHealth] = {}
    for key in sorted({job.type for job in jobs}):
        if job_type := job_types.get(key):
            healths |= job_type.health([job for job in jobs if job.type == key])
    return healths


def conditions_in_words(job: Job) -> str:
    phrases = []
    for condition in job.conditions.all():
        values = [str(value) for value in condition.values]
        phrases.append(f"{condition.field} is {'' if len(values) == 1 else 'one of '}{join_names(values)}")
    return " and ".join(phrases)
