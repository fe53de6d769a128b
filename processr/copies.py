"""Copying a job's settings onto others while somebody chooses them: the jobs there are to choose, and what would change of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower

from campaigns.scope import Who
from config.panel.actor import Actor
from config.panel.errors import DomainError
from processr import services
from processr.forms import JobForm, as_seen, when_seen
from processr.models import GroupCondition, Job
from processr.plans import planned
from processr.selectors import jobs_for
from processr.services.copying import COPIED, Change
from processr.services.locking import NO_JOB
from processr.spoken import label_of, spoken
from processr.types import job_types

LISTED_AT_MOST = 200
AT_ONCE = 100
LONGEST_QUESTION = 100


@dataclass(frozen=True)
class Candidate:
    """A job that could be chosen. `alike`: it is set up like the source already."""

    job: Job
    chosen: bool
    alike: bool

    @property
    def rule(self) -> str:
        job_type = job_types.get(self.job.type)
        return job_type(planned(self.job)).rule() if job_type else ""


@dataclass(frozen=True)
class Told:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Target:
    """A chosen job, with what would change of it, or why it cannot be."""

    job: Job
    changes: list[Told] = field(default_factory=list)
    refusal: str = ""

    @property
    def seen(self) -> str:
        return as_seen(self.job)


class Copying:
    """From `source`, which `who` sees."""

    def __init__(self, source: Job, who: Who) -> None:
        self.source, self.who = source, who

    @property
    def seen(self) -> str:
        return as_seen(self.source)

    def candidates(self, asked: str, chosen: Sequence[int]) -> tuple[list[Candidate], bool]:
        """Those that are found, and those chosen before, by campaign; and whether that is all of them."""
        ticked = list(self._jobs().filter(pk__in=chosen))
        found = list(self._found(asked).exclude(pk__in=chosen)[: LISTED_AT_MOST + 1])
        listed = sorted([*ticked, *found[:LISTED_AT_MOST]], key=_place)
        return [Candidate(job, job in ticked, _as_set(job) == _as_set(self.source)) for job in listed], len(found) <= LISTED_AT_MOST

    def targets(self, chosen: Sequence[int], *, actor: Actor) -> list[Target]:
        return [self._target(job, actor) for job in self._jobs().filter(pk__in=chosen)]

    def unknown(self, chosen: Sequence[int]) -> list[int]:
        there = set(self._jobs().filter(pk__in=chosen).values_list("pk", flat=True))
        return [pk for pk in chosen if pk not in there]

    def copy(self, chosen: Sequence[int], *, seen: str, seen_of: Mapping[int, str], actor: Actor) -> dict[int, str]:
        """Each by itself. Why not, by the number of the job; nothing where all of it is done."""
        strangers = self.unknown(chosen)
        refused = dict.fromkeys(strangers, NO_JOB)
        for pk in (pk for pk in chosen if pk not in refused):
            try:
                moments = {"seen_at": when_seen(seen_of.get(pk, "")), "source_seen_at": when_seen(seen)}
                services.copy_settings(pk, source_id=self.source.pk, actor=actor, **moments)
            except DomainError as refusal:
                refused[pk] = refusal.message
        return refused

    def _jobs(self) -> QuerySet[Job]:
        """By campaign, as its page has them. Somebody may have more than one way to see a campaign."""
        seen = jobs_for(self.who).filter(type=self.source.type).exclude(pk=self.source.pk)
        jobs = Job.objects.filter(pk__in=seen.values("pk")).order_by(Lower("campaign__name"), "campaign_id", "stage", "pk")
        conditions = Prefetch("conditions", GroupCondition.objects.order_by("pk"))
        return jobs.select_related("campaign__advertiser", "group", "credential").prefetch_related(conditions)

    def _found(self, asked: str) -> QuerySet[Job]:
        """Each word in the name of the job, of its campaign or of its advertiser."""
        jobs = self._jobs()
        for word in asked[:LONGEST_QUESTION].split():
            of_campaign = Q(campaign__name__icontains=word) | Q(campaign__advertiser__name__icontains=word)
            jobs = jobs.filter(Q(label__icontains=word) | of_campaign)
        return jobs

    def _target(self, job: Job, actor: Actor) -> Target:
        try:
            changes = services.changes_of_copy(job, source=self.source, actor=actor)
        except DomainError as refusal:
            return Target(job, refusal=_named(job, refusal))
        settings = job_types.get(job.type)
        fields = settings.Settings(campaign=job.campaign).fields if settings else {}
        return Target(job, [_told(change, fields) for change in changes])


def _told(change: Change, settings: Mapping[str, forms.Field]) -> Told:
    asked = settings.get(change.name) if change.is_setting else JobForm.base_fields.get(change.name)
    return Told(label_of(asked, change.name), spoken(asked, change.before), spoken(asked, change.after))


def _named(job: Job, refusal: DomainError) -> str:
    """With the setting it is about."""
    job_type = job_types.get(job.type)
    asked = job_type.Settings.base_fields.get(refusal.field) if job_type and refusal.field else None
    return f"{label_of(asked, refusal.field or '')}: {refusal.message}" if asked else refusal.message


def _place(job: Job) -> tuple[Any, ...]:
    return job.campaign.name.lower(), job.campaign_id, job.stage, job.pk


def _as_set(job: Job) -> Any:
    return [job.config, *(getattr(job, name) for name in COPIED)]
