"""The Processr's bulk actions on leads, beside reprocessing."""

from config.core.actor import Actor
from leads import lifecycle
from leads.bulk.actions import BulkType, bulk_types
from leads.models import BulkChunk, LeadNote
from leads.statuses import HoldReason


@bulk_types.register
class ProcessHeld(BulkType):
    """Puts leads that were on hold because there was no job back into the queue. Leads released meanwhile are skipped."""

    key, label, done, can_undo = "process_held", "Process held", "queued for the jobs", False

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return lifecycle.release.rule(reason=HoldReason.NO_JOB, actor=actor, action_id=chunk.action_id)


@bulk_types.register
class ReleaseHeld(BulkType):
    """Releases leads that are held over delivery: what waits of theirs is sent, and no job runs. Leads released meanwhile are skipped."""

    key, label, done, can_undo = "release_held", "Release held", "released", False
    note_kind = LeadNote.Kind.DELIVERY

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return lifecycle.release_delivery.rule(actor=actor, action_id=chunk.action_id)
