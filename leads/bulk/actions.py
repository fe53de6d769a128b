"""What can be done to many leads at once: one lifecycle verb each."""

from typing import ClassVar

from config.core.actor import Actor
from config.core.registry import Registry
from leads import lifecycle
from leads.models import BulkAction


class BulkType:
    """`label` is what the action is called; `done` follows a number of leads when it is over."""

    key: ClassVar[str]
    label: ClassVar[str]
    done: ClassVar[str]

    def apply(self, ids: list[int], action: BulkAction, *, actor: Actor) -> lifecycle.Moved:
        """In the transaction of the chunk; at most lifecycle.CHUNK leads, all of them seen by whoever asked."""
        raise NotImplementedError


bulk_types: Registry[type[BulkType]] = Registry("bulk type")


@bulk_types.register
class Reprocess(BulkType):
    """All transforms and jobs once more, from the captured values. After everything that comes in live (decision 6)."""

    key, label, done = "reprocess", "Reprocess", "queued for another run"

    def apply(self, ids: list[int], action: BulkAction, *, actor: Actor) -> lifecycle.Moved:
        return lifecycle.requeue(ids, actor=actor, action_id=action.pk)
