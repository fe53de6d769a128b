"""How the work of a job goes at a glance, as its type tells the page of the Processr.

Job types: what can be done to a lead. One file in `processr/jobs` each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from config.core.actor import Actor
from config.core.registry import Registry
from processr.job_types.exchange import Exchange
from processr.job_types.lead import BatchLead, LeadBatch
from processr.job_types.locks import Lock, scope_lock
from processr.job_types.outcomes import Enriched, Outcome
from processr.job_types.settings_fields import JobSettings
from processr.models import Job
from processr.plans.plan import CompiledPlan, PlannedJob


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and where what it counts is listed. `look` is a kind of badge, where the number calls for somebody."""

    text: str
    url: str
    said: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """`figures` by the labels that the type names. The last answer: kind and word of a badge, what was said, when, and where it stands.

    `word`: what else there is to know now, in a sentence.
    """

    figures: Mapping[str, Figure] = field(default_factory=dict)
    badge: tuple[str, str] = ("", "")
    told: str = ""
    at: datetime | None = None
    url: str = ""
    word: str = ""


class NoSettings(JobSettings):
    """Nothing to configure."""


class JobType:
    """Made anew for each job and chunk. It reads and answers; it never writes, and knows neither scores nor statuses.

    Quality types implement `check`, enrichment types `enrich`. Those that ask somebody outside say `asks_provider`, and implement `ask`
    and `answered` instead: each lead's answer is recorded, and used again should the run be broken off and taken up.

    `compares`: the scope ("campaign", "advertiser" or "enterprise") within which leads are compared with each other, or the widest, where
    a setting says which; then `locks` says how it is alone in the narrower one. Such a type runs inside the writing transaction, alone in
    its scope, so it must be quick and may not call out.
    `counts_valid`: it asks which leads are Valid. It runs after all other types that compare, and is told in `batch.not_valid` of which
    leads of the chunk that cannot become so any more.
    `suppresses`: a lead that fails is marked as suppressed.
    `reads_ip`: not run for imported leads and leads without an IP address.
    `chunk`: how many leads a turn may take while such a job is on the campaign; small for types that ask a provider.
    `concurrency`: how many leads of a chunk are asked about side by side; a property, where a setting says it.
    `seconds`: after so long no further lead of the chunk is asked about; the rest could not be checked.

    Optional hooks, for types whose work goes on after the run: `health`, with the labels of its `figures`; `check_remove`; `removed`.
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

    do_not_call_in_templates: ClassVar[bool] = True  # Django would make one of it wherever a page names the type

    def __init__(self, job: PlannedJob) -> None:
        self.job = job

    def setting(self, name: str) -> Any:
        """As configured; a setting that is younger than the job has its initial value."""
        return self.job.config.get(name, self.Settings.base_fields[name].initial)

    @classmethod
    def locks(cls, job: PlannedJob, plan: CompiledPlan) -> list[Lock]:  # noqa: ARG003
        """What a type that compares leads holds while it does."""
        return [scope_lock(plan, cls.compares)] if cls.compares else []

    def rule(self) -> str:
        """What a lead must be like to pass, with these settings, in one sentence: for the explanation of a run and for publishers."""
        return self.description

    def prepare(self, batch: LeadBatch) -> None:
        """Look up in one query what `check` will need for all leads of the batch."""

    def check(self, batch: LeadBatch, lead: BatchLead) -> Outcome:
        raise NotImplementedError

    def enrich(self, batch: LeadBatch, lead: BatchLead) -> Enriched:
        raise NotImplementedError

    def adds(self) -> Sequence[str]:
        """Names of the fields that an enrichment job fills, with these settings."""
        return ()

    @property
    def concurrency(self) -> int:
        return 8

    def unasked(self, batch: LeadBatch, lead: BatchLead) -> Outcome | Enriched | None:  # noqa: ARG002
        """What can be said without asking: the lead lacks what would be sent, or `prepare` found the answer. None: ask."""
        return None

    def ask(self, lead: BatchLead) -> Exchange:
        """In a thread, beside others: it may not touch the database, and has what it needs from `prepare`. `outbound.NoAnswer` and all
        else that it raises is an error of the job for this lead.
        """
        raise NotImplementedError

    def answered(self, batch: LeadBatch, lead: BatchLead, exchange: Exchange) -> Outcome | Enriched:
        """From the exchange alone: it may have been recorded by a worker that has died since."""
        raise NotImplementedError

    @classmethod
    def health(cls, jobs: Sequence[Job]) -> Mapping[int, Health]:  # noqa: ARG003
        """By job id, in a fixed number of queries: in place of the statistics where the type names `figures`."""
        return {}

    @classmethod
    def check_remove(cls, job: Job) -> Sequence[str]:  # noqa: ARG003
        """What its removal does, in sentences for the page that asks first; none: what any job's does."""
        return ()

    @classmethod
    def removed(cls, job: Job, *, actor: Actor) -> None:
        """Inside the transaction of its removal."""


job_types: Registry[type[JobType]] = Registry("job type")
