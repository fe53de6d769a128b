"""Integration types: where a lead can be sent. One file in `integrations/kinds` each, registered in `processr.job_types.base.job_types`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from config.core.actor import Actor
from integrations import services, summary
from processr.job_types.base import Health, JobType, job_types
from processr.job_types.exchange import Exchange
from processr.job_types.lead import BatchLead
from processr.models import Job


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery as its type sees it. `id` is the delivery's, 0 of a sample that is only tried. `meta`: what a mapping may name beside
    the lead's own values, as `processr.job_types.lead` has it, with `eventId` and `leadHash`.
    """

    id: int
    event_id: str
    lead: BatchLead
    meta: Mapping[str, str]
    is_test: bool = False


class Result(StrEnum):
    """What an attempt came to. UNCLEAR: nobody knows whether the lead arrived."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Attempt:
    """`told`: for lists, at most 300 characters, no value of the lead. `retry_after`: seconds, where the receiver said so."""

    result: Result
    told: str
    status: int | None = None
    retry_after: float | None = None


class IntegrationType(JobType):
    """Made anew for each job and turn. `prepare_sending` may read the database; `send` runs in a thread, beside others, and may not.

    `sends`: False for types whose deliveries stay queued until something else takes them, as a file does.
    """

    category: ClassVar[str] = Job.Category.INTEGRATION
    default_score: ClassVar[int] = 0
    sends: ClassVar[bool] = True
    figures: ClassVar[Sequence[str]] = summary.FIGURES

    @property
    def safe_to_repeat(self) -> bool:
        """Whether what may have arrived may be sent once more, with the same event id. What may not waits for a person."""
        return False

    def prepare_sending(self, outgoing: Sequence[Outgoing]) -> None:
        """Once for all that is to be sent in this turn: credentials, say."""

    def unsendable(self, outgoing: Outgoing) -> str:  # noqa: ARG002
        """Why there is no use in trying, in words; empty: send."""
        return ""

    def send(self, outgoing: Outgoing) -> Exchange:
        """One attempt. `outbound.NoAnswer` is an outcome of it; whatever else it raises is a fault of ours."""
        raise NotImplementedError

    def read(self, exchange: Exchange) -> Attempt:
        """From the exchange alone."""
        raise NotImplementedError

    @classmethod
    def health(cls, jobs: Sequence[Job]) -> Mapping[int, Health]:
        return summary.glances(jobs)

    @classmethod
    def check_remove(cls, job: Job) -> Sequence[str]:
        return summary.what_removal_does(job)

    @classmethod
    def removed(cls, job: Job, *, actor: Actor) -> None:
        services.withdraw_all(job, actor=actor)


def waits_for_others() -> list[str]:
    """Keys of the types whose deliveries nobody sends one by one: they stay queued until something takes them all."""
    return [kind.key for kind in job_types if issubclass(kind, IntegrationType) and not kind.sends]
