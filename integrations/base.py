"""The base class of integration types.

An integration type defines where leads can be sent. Each has a module in `integrations/kinds` and is registered in
`processr.job_types.registry.job_types`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from config.core.actor import Actor
from config.core.background.notify import notify_workers
from config.core.errors import DomainError
from integrations import actions, services, summary
from integrations.models import Destination
from processr.job_types.base import JobHealth, JobType, refuse_after_enrichment
from processr.job_types.exchange import Exchange
from processr.job_types.lead import JobLead
from processr.job_types.registry import job_types
from processr.models import Job


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery as its type receives it.

    `id` is the delivery's, 0 for a sample. `meta` are the names that a mapping can use beside the lead's own fields:
    those of `processr.job_types.lead`, `eventId` and `leadHash`.
    """

    id: int
    event_id: str
    lead: JobLead
    meta: Mapping[str, str]
    is_test: bool = False


class AttemptResult(StrEnum):
    """The result of an attempt. UNCLEAR: it is unknown whether the lead arrived."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt.

    `message` is shown in lists: at most 300 characters, without any value of the lead. `retry_after` are the seconds
    that the receiver asked for.
    """

    result: AttemptResult
    message: str
    status: int | None = None
    retry_after: float | None = None


class Integration(JobType):
    """The base of integration types, instantiated for each job and turn.

    `prepare_sending` may read the database. `send` runs in a thread, in parallel with others, and may not. `sends` is
    false for types whose deliveries stay queued until something else takes them, such as a file.
    """

    category: ClassVar[str] = Job.Category.INTEGRATION
    default_score: ClassVar[int] = 0
    is_outgoing: ClassVar[bool] = True
    sends: ClassVar[bool] = True
    signs: ClassVar[bool] = False
    """Whether it signs what it sends where its destination has a secret (`integrations.destinations.signing`)."""
    figures: ClassVar[Sequence[str]] = summary.FIGURES
    destination: Destination | None = None
    """The receiver, as the turn that sends found it."""

    @property
    def concurrency(self) -> int:
        """The number of deliveries that are sent at the same time."""
        return 8

    @property
    def safe_to_repeat(self) -> bool:
        """Whether a delivery that may have arrived may be sent again with the same event id. If not, it waits for a person."""
        return False

    def prepare_sending(self, outgoing: Sequence[Outgoing]) -> None:
        """Prepare for all deliveries of this turn, for example by loading credentials."""

    def unsendable(self, outgoing: Outgoing) -> str:
        """Return the reason why sending would be useless, in words, or an empty string."""
        return ""

    def send(self, outgoing: Outgoing) -> Exchange:
        """Make one attempt. `config.core.http.NoAnswer` is a result of it; any other exception counts as a fault of ours."""
        raise NotImplementedError

    def classify(self, exchange: Exchange) -> Attempt:
        """Return the result, from the exchange alone."""
        raise NotImplementedError

    @classmethod
    def health(cls, jobs: Sequence[Job]) -> Mapping[int, JobHealth]:
        return summary.health_of_jobs(jobs)

    @classmethod
    def check_change(cls, job: Job, *, before: Mapping[str, Any]) -> None:
        super().check_change(job, before=before)
        refuse_after_enrichment(job)
        if job.hardfail:
            raise DomainError("An integration comes after the judgement: it cannot fail a lead.", field="hardfail")

    @classmethod
    def check_remove(cls, job: Job) -> Sequence[str]:
        return summary.removal_effects(job)

    @classmethod
    def removed(cls, job: Job, *, actor: Actor) -> None:
        actions.withdraw_unsent(job, actor=actor)

    @classmethod
    def switched_on(cls, job: Job) -> None:
        if cls.sends:
            notify_workers(services.QUEUE, job.pk, services.TASK)


def types_sent_singly() -> list[str]:
    """Return the keys of the types whose deliveries are sent one by one."""
    return [job_type.key for job_type in job_types if issubclass(job_type, Integration) and job_type.sends]


def types_sent_in_batches() -> list[str]:
    """Return the keys of the types whose deliveries stay queued until something takes them all."""
    return [job_type.key for job_type in job_types if issubclass(job_type, Integration) and not job_type.sends]
