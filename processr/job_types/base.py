"""The base of job types, which define what can be done to a lead. Each type is one file in `processr/jobs`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from config.core.actor import Actor
from processr.job_types.exchange import Exchange
from processr.job_types.lead import BatchLead, LeadBatch
from processr.job_types.locks import Lock, scope_lock
from processr.job_types.outcomes import Enriched, Outcome
from processr.job_types.settings_fields import JobSettings
from processr.models import Job
from processr.plans.plan import CompiledPlan, PlannedJob


@dataclass(frozen=True, slots=True)
class HealthFigure:
    """A number with a link to the list of what it counts.

    `description` is the same in words. `badge` is a kind of badge, set where the number needs attention.
    """

    text: str
    url: str
    description: str
    badge: str = ""


@dataclass(frozen=True, slots=True)
class JobHealth:
    """The state of a job whose work goes on after the run, as the jobs page of the Processr shows it.

    `figures` are keyed by the labels in the type's `figures`. The last answer is given by `badge` (kind and
    word), `answer` (its text), `at` and `url`. `notice` is a sentence about anything else that matters now.
    """

    figures: Mapping[str, HealthFigure] = field(default_factory=dict)
    badge: tuple[str, str] = ("", "")
    answer: str = ""
    at: datetime | None = None
    url: str = ""
    notice: str = ""


class NoSettings(JobSettings):
    """The settings form of a type without settings."""


class JobType:
    """The base class of job types. An instance is made for each job and chunk.

    A job type reads and answers. It never writes, and knows neither scores nor statuses.

    Quality types implement `check`, enrichment types `enrich`. Types that call a provider set `asks_provider` and
    implement `ask` and `judge_answer` instead: the answer about each lead is recorded, and used again if the run is
    interrupted and resumed.

    - `compares`: the scope ("campaign", "advertiser" or "enterprise") within which leads are compared with each
      other. Where a setting chooses the scope, this is the widest one, and `locks` returns the locks of the
      chosen one. Such a type runs inside the writing transaction while its locks keep other workers out, so it
      must be quick and must not call out.
    - `counts_valid`: the type needs to know which leads are Valid. It runs after all other types that compare,
      and `batch.not_valid` holds the leads of the chunk that cannot become Valid any more.
    - `suppresses`: a lead that fails is marked as suppressed.
    - `reads_ip`: the type does not run for imported leads and leads without an IP address.
    - `chunk`: how many leads a turn may take while such a job is on the campaign; small for types that call a
      provider.
    - `concurrency`: how many calls about leads of a chunk are made at the same time; a property, where a setting
      determines it.
    - `seconds`: the time after which no further call about the chunk begins; the remaining leads could not be
      checked.

    Types whose work goes on after the run may also implement `health`, with the labels of its `figures`,
    `removal_effects` and `on_removal`.
    """

    key: ClassVar[str]
    api_id: ClassVar[int]
    label: ClassVar[str]
    description: ClassVar[str]
    category: ClassVar[str] = Job.Category.QUALITY
    default_score: ClassVar[int] = 10
    default_hardfail: ClassVar[bool] = False
    Settings: ClassVar[type[JobSettings]] = NoSettings
    compares: ClassVar[str | None] = None
    counts_valid: ClassVar[bool] = False
    reads_ip: ClassVar[bool] = False
    chunk: ClassVar[int] = 500
    asks_provider: ClassVar[bool] = False
    suppresses: ClassVar[bool] = False
    seconds: ClassVar[float] = 120
    figures: ClassVar[Sequence[str]] = ()

    do_not_call_in_templates: ClassVar[bool] = True  # Django would otherwise instantiate the type wherever a template names it

    def __init__(self, job: PlannedJob) -> None:
        self.job = job

    def setting(self, name: str) -> Any:
        """Return the configured value, or the initial one if the setting is newer than the job."""
        return self.job.config.get(name, self.Settings.base_fields[name].initial)

    @classmethod
    def locks(cls, job: PlannedJob, plan: CompiledPlan) -> list[Lock]:  # noqa: ARG003
        """Return the locks that a type holds while it compares leads."""
        return [scope_lock(plan, cls.compares)] if cls.compares else []

    def rule(self) -> str:
        """Return in one sentence what a lead must be like to pass with these settings.

        The explanation of a run shows it, and so do the pages for publishers.
        """
        return self.description

    def prepare(self, batch: LeadBatch) -> None:
        """Look up in one query what `check` needs for all leads of the batch."""

    def check(self, batch: LeadBatch, lead: BatchLead) -> Outcome:
        raise NotImplementedError

    def enrich(self, batch: LeadBatch, lead: BatchLead) -> Enriched:
        raise NotImplementedError

    def added_fields(self) -> Sequence[str]:
        """Return the names of the fields that an enrichment job fills with these settings."""
        return ()

    @property
    def concurrency(self) -> int:
        return 8

    def known_outcome(self, batch: LeadBatch, lead: BatchLead) -> Outcome | Enriched | None:  # noqa: ARG002
        """Return the outcome that is known without a call, or None if the provider must be asked.

        An outcome is known if the lead lacks the values to send, or if `prepare` found the answer.
        """
        return None

    def ask(self, lead: BatchLead) -> Exchange:
        """Call the provider about one lead.

        This runs in a thread beside others, so it must not use the database and gets what it needs from `prepare`.
        `NoAnswer` and any other exception becomes an error outcome of the job for this lead.
        """
        raise NotImplementedError

    def judge_answer(self, batch: LeadBatch, lead: BatchLead, exchange: Exchange) -> Outcome | Enriched:
        """Return the outcome by the exchange alone, which may have been recorded by a worker that has died since."""
        raise NotImplementedError

    @classmethod
    def health(cls, jobs: Sequence[Job]) -> Mapping[int, JobHealth]:  # noqa: ARG003
        """Return the health by job id, in a fixed number of queries. It replaces the statistics of types that name `figures`."""
        return {}

    @classmethod
    def removal_effects(cls, job: Job) -> Sequence[str]:  # noqa: ARG003
        """Return sentences about the effects of removing the job, for the confirmation page; none if they are those of any job."""
        return ()

    @classmethod
    def on_removal(cls, job: Job, *, actor: Actor) -> None:
        """Handle the removal of the job, inside its transaction."""
