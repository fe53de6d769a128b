"""The types of bulk actions, each applying one lifecycle verb."""

from typing import ClassVar

from config.core.actor import Actor
from config.core.registry import Registry
from leads import lifecycle
from leads.models import BulkAction


class BulkType:
    """A type of bulk action. `label` is its name; `done` completes "<n> leads …" when it is over."""

    key: ClassVar[str]
    label: ClassVar[str]
    done: ClassVar[str]

    def apply(self, ids: list[int], action: BulkAction, *, actor: Actor) -> lifecycle.Moved:
        """Apply the action in the transaction of the chunk, to at most lifecycle.CHUNK leads that its starter may see."""
        raise NotImplementedError


bulk_types: Registry[type[BulkType]] = Registry("bulk type")


@bulk_types.register
class Reprocess(BulkType):
    """Run all transforms and jobs again on the captured values, after all live leads (decision 6)."""

    key, label, done = "reprocess", "Reprocess", "queued for another run"

    def apply(self, ids: list[int], action: BulkAction, *, actor: Actor) -> lifecycle.Moved:
        return lifecycle.requeue(ids, actor=actor, action_id=action.pk)
