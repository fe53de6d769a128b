"""The Processr's bulk actions on leads, beside reprocessing."""

from typing_extensions import override

from config.core.actor import Actor
from leads import lifecycle
from leads.bulk.actions import BulkType, bulk_types
from leads.models import BulkAction
from leads.statuses import HoldReason


@bulk_types.register
class ProcessHeld(BulkType):
    """Puts leads that were on hold because there was no job back into the queue. Leads released meanwhile are skipped."""

    key, label, done = "process_held", "Process held", "queued for the jobs"

    @override
    def apply(self, ids: list[int], action: BulkAction, *, actor: Actor) -> lifecycle.Moved:
        return lifecycle.release(ids, reason=HoldReason.NO_JOB, actor=actor)
