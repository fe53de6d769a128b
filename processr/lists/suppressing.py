"""What the checks of the three suppression lists have in common: whoever is on one is kept out, and the lead is marked as suppressed."""

from collections.abc import Iterable
from typing import ClassVar

from processr.job_types.base import JobType
from processr.job_types.lead import BatchLead, LeadBatch
from processr.job_types.outcomes import Outcome, failed, passed
from processr.lists import looking
from processr.lists.kinds import Kind


class SuppressionCheck(JobType):
    """A kind of list and the keys under which a lead may be on it. Without any key the lead is on no list."""

    kind: ClassVar[Kind]
    reason: ClassVar[str]
    default_hardfail = True
    suppresses = True

    def keys(self, lead: BatchLead) -> Iterable[str]:
        raise NotImplementedError

    def seen(self, lead: BatchLead) -> tuple[str, str]:
        """Field and value, for those who may read them."""
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
