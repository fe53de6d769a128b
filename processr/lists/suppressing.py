"""The base class of the checks against the three suppression lists. A lead that is on one fails and is marked as suppressed."""

from collections.abc import Iterable
from typing import ClassVar

from processr.job_types.base import JobType
from processr.job_types.lead import BatchLead, LeadBatch
from processr.job_types.outcomes import Outcome, failed, passed
from processr.lists import looking
from processr.lists.kinds import ListKind


class SuppressionCheck(JobType):
    """A check against a kind of list, by the lead's keys. A lead without a key is on no list."""

    kind: ClassVar[ListKind]
    reason: ClassVar[str]
    default_hardfail = True
    suppresses = True

    def keys(self, lead: BatchLead) -> Iterable[str]:
        raise NotImplementedError

    def seen(self, lead: BatchLead) -> tuple[str, str]:
        """Return the field and value for the outcome."""
        raise NotImplementedError

    def prepare(self, batch: LeadBatch) -> None:
        self.suppressed = looking.once(batch, self.job, lambda jobs: self._look(batch, [type(self)(job) for job in jobs]))

    def check(self, batch: LeadBatch, lead: BatchLead) -> Outcome:  # noqa: ARG002
        if self.suppressed.isdisjoint(self.keys(lead)):
            return passed()
        field, value = self.seen(lead)
        return failed(self.reason, field=field, value=value)

    def _look(self, batch: LeadBatch, asked: list["SuppressionCheck"]) -> frozenset[str]:
        return looking.suppressed(self.kind, (key for job in asked for lead in batch.chunk for key in job.keys(lead)))
