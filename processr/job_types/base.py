"""The bases of job types, which define what can be done to a lead. Each type is one file in `processr/jobs`.

- `QualityCheck` judges a lead by what it holds, or by other leads: it implements `check`.
- `ProviderCheck` judges a lead by the answer of a provider: it implements `ask` or `ask_many`, and `judge_answer`.
- `Enrichment` finds values for fields of their own: it implements `enrich`. A type that finds them in the answer of
  a provider derives from `AddsFields` and `ProviderCheck`.

What these have in common is `EngineJob`: the engine runs them. Integrations, which it does not run, have their base
in `integrations.base`. What every type has is `JobType`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from typing_extensions import override

from campaigns.models import Campaign
from campaigns.scope import Who
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import ROLE, DomainError
from leads.privacy import sees_personal_data
from processr.job_types.exchange import Exchange
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.locks import Lock, scope_lock
from processr.job_types.outcomes import Enriched, Outcome
from processr.job_types.settings_fields import JobSettings, keep_chosen
from processr.models import Job
from processr.plans.plan import CompiledPlan, PlannedJob

WIDE = "This compares with leads of all advertisers: it is set, and tried, by Admin and Super User."
OTHERS_MASKED = ROLE.lifts("This job compares with other leads, which you see masked: only those who see them unmasked can try it.")


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
    word), `answer` (its text), `at` and `url`. `notice` is a sentence about anything else that matters now. `links` are
    further pages of the job, by what they show.
    """

    figures: Mapping[str, HealthFigure] = field(default_factory=dict)
    badge: tuple[str, str] = ("", "")
    answer: str = ""
    at: datetime | None = None
    url: str = ""
    notice: str = ""
    links: Mapping[str, str] = field(default_factory=dict)


def refuse_after_enrichment(job: Job) -> None:
    if job.after_enrichment:
        raise DomainError("Only quality jobs can run after enrichment.", field="after_enrichment")


class NoSettings(JobSettings):
    """The settings form of a type without settings."""


class JobType:
    """The base of all job types: the place in the catalogue, the settings, and hooks that may be overridden.

    The hooks are called by the pages, the API and the services, never while leads are judged. They are
    `extra_settings`, `wide_setting`, `refusal_to_try`, `check_change`, `check_remove`, `removed`, `switched_on`, and
    `health` with the labels of its `figures`.
    """

    key: ClassVar[str]
    api_id: ClassVar[int]
    label: ClassVar[str]
    description: ClassVar[str]
    category: ClassVar[str] = Job.Category.QUALITY
    default_score: ClassVar[int] = 10
    default_hardfail: ClassVar[bool] = False
    Settings: ClassVar[type[JobSettings]] = NoSettings
    is_outgoing: ClassVar[bool] = False
    """Whether values of leads leave the product. Roles that see leads masked do not configure such a type (decision 33)."""
    open_settings: ClassVar[frozenset[str]] = frozenset()
    """The settings that roles which see leads masked may change too: they ask of a value only what its mask tells."""
    more_names: ClassVar[Sequence[str]] = ()
    """Names that the page offers where a setting asks for a field, beside the fields of the campaign."""
    figures: ClassVar[Sequence[str]] = ()

    do_not_call_in_templates: ClassVar[bool] = True  # Django would otherwise instantiate the type wherever a template names it

    def __init__(self, job: PlannedJob) -> None:
        self.job = job

    def setting(self, name: str) -> Any:
        """Return the configured value, or the initial one if the setting is newer than the job.

        An extra setting that is not configured is None.
        """
        config = self.job.config
        if name in config:
            return config[name]
        field = self.Settings.base_fields.get(name)
        return field.initial if field else None

    def rule(self) -> str:
        """Return in one sentence what a lead must be like to pass with these settings.

        The explanation of a run shows it, and so do the pages for publishers.
        """
        return self.description

    @classmethod
    def extra_settings(cls, campaign: Campaign) -> Mapping[str, forms.Field]:
        """Return the settings that depend on the campaign, as form fields by name.

        A field takes the place of the declared one of its name, or comes after the declared ones. The method is
        called whenever the settings form of a job is shown, cleaned or copied, through `settings_fields`. The catalogue
        of API v4 describes the declared settings alone.
        """
        return {}

    @classmethod
    def wide_setting(cls, config: Mapping[str, Any]) -> str:
        """Return the name of the setting by which the job compares with leads of all advertisers; empty if none does.

        Only those who see all advertisers may set it so, or try a job that is set so.
        """
        return ""

    @classmethod
    def asking_settings(cls, config: Mapping[str, Any], *, before: Mapping[str, Any] | None = None) -> list[str]:
        """Return the settings that ask something of values, and differ from those before or else from the initial ones."""
        fields, known = cls.Settings.base_fields, before or {}
        initial = {name: known.get(name, fields[name].initial if name in fields else None) for name in config}
        return [name for name in config if name not in cls.open_settings and (config[name] or None) != (initial[name] or None)]

    @classmethod
    def refusal_to_try(cls, config: Mapping[str, Any], who: Who) -> str:
        """Return why `who` may not try a job with these settings on any lead, nor check values by it; empty if they may.

        The outcome tells about what the job compares with, such as other leads or a list. Whoever does not see that may
        not ask it about values of their own choice. The job does not run on their test leads either.
        """
        return WIDE if cls.wide_setting(config) and who.role not in roles.SEES_EVERYTHING else ""

    @classmethod
    def check_change(cls, job: Job, *, before: Mapping[str, Any]) -> None:
        """Raise DomainError to refuse the job as it is about to be saved.

        The method is called in the transaction of the change, with the campaign locked: when a job is added, when
        properties or settings of it are changed or copied, and when it is enabled or disabled. `job` has the new
        values. `before` has the previous ones of what changed, and is empty for a new job. The error is shown beside
        the property or setting that its `field` names.
        """

    @classmethod
    def check_remove(cls, job: Job) -> Sequence[str]:
        """Return sentences about the effects of removing the job; none if they are those of any job.

        Raise DomainError to refuse the removal. The method is called by the page that asks for confirmation, and
        again in the transaction of the removal.
        """
        return ()

    @classmethod
    def removed(cls, job: Job, *, actor: Actor) -> None:
        """Handle the removal of the job, inside its transaction."""

    @classmethod
    def switched_on(cls, job: Job) -> None:
        """Handle that the job is enabled again, inside its transaction."""

    @classmethod
    def health(cls, jobs: Sequence[Job]) -> Mapping[int, JobHealth]:
        """Return the health by job id, in a fixed number of queries, for the table of jobs.

        It replaces the statistics of types that name `figures`, whose work goes on after the run.
        """
        return {}

    @classmethod
    def settings_fields(cls, campaign: Campaign) -> Mapping[str, forms.Field]:
        """Return the fields of the settings form for a job of the campaign."""
        return {**cls.Settings.base_fields, **cls.extra_settings(campaign)}

    @classmethod
    def settings_form(
        cls, data: Mapping[str, Any] | None = None, *, campaign: Campaign, initial: Mapping[str, Any] | None = None
    ) -> JobSettings:
        """Return the settings form for a job of the campaign, bound if `data` is given."""
        form = cls.Settings(data, campaign=campaign, initial=initial)
        extra, values = cls.extra_settings(campaign), (initial if data is None else data) or {}
        for name, setting in extra.items():
            if isinstance(setting.widget, forms.Select):
                keep_chosen(setting.widget, values.get(name))
        form.fields |= extra
        return form


class EngineJob(JobType):
    """The base of the types that the engine runs over leads. An instance is made for each job and chunk.

    Such a type reads and answers. It never writes, and knows neither scores nor statuses.

    - `reads_ip`: the type does not run for imported leads and leads without an IP address.
    - `chunk`: how many leads a turn may take while such a job is on the campaign.
    """

    reads_ip: ClassVar[bool] = False
    chunk: ClassVar[int] = 500

    def prepare(self, job_input: JobInput) -> None:
        """Look up in one query what is needed for all leads of the chunk."""


class QualityCheck(EngineJob):
    """The base of types that judge a lead by what it holds, or by comparing it with other leads.

    - `compares`: the scope ("campaign", "advertiser" or "enterprise") within which leads are compared with each
      other. Where a setting chooses the scope, this is the widest one, and `locks` returns the locks of the
      chosen one. Such a type runs inside the writing transaction while its locks keep other workers out, so it
      must be quick and must not call out.
    - `counts_valid`: the type needs to know which leads are Valid. It runs after all other types that compare,
      and `job_input.not_valid` holds the leads of the chunk that cannot become Valid any more.
    - `suppresses`: a lead that fails is marked as suppressed.
    """

    compares: ClassVar[str | None] = None
    counts_valid: ClassVar[bool] = False
    suppresses: ClassVar[bool] = False

    @override
    @classmethod
    def wide_setting(cls, config: Mapping[str, Any]) -> str:
        """A type that compares with leads of all advertisers does so with any settings, unless it says which."""
        return next(iter(cls.Settings.base_fields), "label") if cls.compares == "enterprise" else ""

    @override
    @classmethod
    def refusal_to_try(cls, config: Mapping[str, Any], who: Who) -> str:
        refusal = super().refusal_to_try(config, who)
        return OTHERS_MASKED if not refusal and cls.compares and not sees_personal_data(who) else refusal

    @classmethod
    def locks(cls, job: PlannedJob, plan: CompiledPlan) -> list[Lock]:
        """Return the locks that a type holds while it compares leads."""
        return [scope_lock(plan, cls.compares)] if cls.compares else []

    def check(self, lead: JobLead) -> Outcome:
        raise NotImplementedError


class AddsFields(EngineJob):
    """The base of types that fill fields of their own."""

    category: ClassVar[str] = Job.Category.ENRICHMENT
    default_score: ClassVar[int] = 0

    @classmethod
    def check_change(cls, job: Job, *, before: Mapping[str, Any]) -> None:
        super().check_change(job, before=before)
        refuse_after_enrichment(job)

    def added_fields(self) -> Sequence[str]:
        """Return the names of the fields that the job fills with these settings."""
        return ()


class Enrichment(AddsFields):
    """The base of types that find values about a lead without asking anybody."""

    def enrich(self, lead: JobLead) -> Enriched:
        raise NotImplementedError


class ProviderCheck(EngineJob):
    """The base of types that ask a provider: `ask` about one lead at a time, or `ask_many` about many in one call.

    The answer about each lead is recorded, and used again if the run is interrupted and resumed.

    - `concurrency`: how many calls about leads of a chunk are made at the same time; a property, where a setting
      determines it.
    - `seconds`: the time after which no further call about the chunk begins; the remaining leads could not be
      checked.
    - `leads_per_call`: how many leads `ask_many` takes at most.
    """

    is_outgoing: ClassVar[bool] = True
    chunk: ClassVar[int] = 50
    seconds: ClassVar[float] = 120
    leads_per_call: ClassVar[int] = 50

    @property
    def concurrency(self) -> int:
        return 8

    def known_outcome(self, lead: JobLead) -> Outcome | Enriched | None:
        """Return the outcome that is known without a call, or None if the provider must be asked.

        An outcome is known if the lead lacks the values to send, or if `prepare` found the answer.
        """
        return None

    def ask(self, lead: JobLead) -> Exchange:
        """Call the provider about one lead.

        This runs in a thread beside others, so it must not use the database and gets what it needs from `prepare`.
        `NoAnswer` and any other exception becomes an error outcome of the job for this lead.
        """
        raise NotImplementedError

    def ask_many(self, leads: Sequence[JobLead]) -> Exchange:
        """Call the provider once about several leads. A type that implements this is never asked to `ask`.

        It runs in a thread, as `ask` does, and an exception becomes an error outcome for all of these leads.
        """
        raise NotImplementedError

    def answers_by_lead(self, leads: Sequence[JobLead], exchange: Exchange) -> Mapping[int, str]:
        """Return what the answer to `ask_many` says about each lead, by lead id.

        It is called once, in the thread of the call, if the provider answered. Each text then is the body of the
        exchange that `judge_answer` gets. A lead that is missing was left unanswered: that is an error outcome for
        this lead alone.
        """
        raise NotImplementedError

    def judge_answer(self, lead: JobLead, exchange: Exchange) -> Outcome | Enriched:
        """Return the outcome by the exchange alone, which may have been recorded by a worker that has died since."""
        raise NotImplementedError

    @classmethod
    def asks_many(cls) -> bool:
        return cls.ask_many is not ProviderCheck.ask_many
