"""Job types: what can be done to a lead. One file in `processr/jobs` each."""

from typing import Any, ClassVar

from config.panel.registry import Registry
from processr.batch import BatchLead, LeadBatch
from processr.compiled import PlannedJob
from processr.fields import JobSettings
from processr.models import Job
from processr.outcomes import Outcome


class NoSettings(JobSettings):
    """Nothing to configure."""


class JobType:
    """Made anew for each job and chunk. It reads and answers; it never writes, and knows neither scores nor statuses.

    `compares`: the scope ("campaign", "advertiser" or "enterprise") within which leads are compared with each other. Such a type runs
    inside the writing transaction, alone in its scope, so it must be quick and may not call out.
    `reads_ip`: not run for imported leads and leads without an IP address.
    `chunk`: how many leads a turn may take while such a job is on the campaign; small for types that ask a provider.
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
    reads_ip: ClassVar[bool] = False
    chunk: ClassVar[int] = 500

    def __init__(self, job: PlannedJob) -> None:
        self.job = job

    def setting(self, name: str) -> Any:
        """As configured; a setting that is younger than the job has its initial value."""
        return self.job.config.get(name, self.Settings.base_fields[name].initial)

    def rule(self) -> str:
        """What a lead must be like to pass, with these settings, in one sentence: for the explanation of a run and for publishers."""
        return self.description

    def prepare(self, batch: LeadBatch) -> None:
        """Look up in one query what `check` will need for all leads of the batch."""

    def check(self, batch: LeadBatch, lead: BatchLead) -> Outcome:
        raise NotImplementedError


job_types: Registry[type[JobType]] = Registry("job type")
