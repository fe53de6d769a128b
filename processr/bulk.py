"""What the Processr can do to many leads at once, beside reprocessing."""

from config.core.actor import Actor
from leads import lifecycle
from leads.bulk.actions import BulkType, bulk_types
from leads.models import BulkAction
from leads.statuses import HoldReason


@bulk_types.register
class ProcessHeld(BulkType):
    """Leads that wait because there was no job for them go back into the queue; what was released meanwhile is left as it is."""

    key, label, done = "process_held", "Process held", "queued for the jobs"

    def apply(self, ids: list[int], action: BulkAction, *, actor: Actor) -> lifecycle.Moved:  # noqa: ARG002
        return lifecycle.release(ids, reason=HoldReason.NO_JOB, actor=actor)
