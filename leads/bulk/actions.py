"""The types of bulk actions, each applying one lifecycle verb."""

from collections.abc import Mapping
from typing import Any, ClassVar

from config.core.actor import Actor
from config.core.errors import DomainError
from config.core.registry import Registry
from leads import lifecycle
from leads.bulk import effects
from leads.models import BulkChunk, LeadNote
from leads.statuses import SecondCheck

LONGEST_REASON, LONGEST_COMMENT = 255, 2_000


class BulkType:
    """A type of bulk action. `label` is its name; `done` completes "<n> leads …" when it is over."""

    key: ClassVar[str]
    label: ClassVar[str]
    done: ClassVar[str]
    can_undo: ClassVar[bool] = True
    note_kind: ClassVar[str] = LeadNote.Kind.STATUS
    """The kind of the notes about leads that an undo puts back."""

    def check(self, settings: Mapping[str, Any]) -> None:
        """Raise DomainError for settings that the action cannot be begun or previewed with."""

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        """Return the rule by which the leads of the chunk move, and by which a preview plans. Nothing is written."""
        raise NotImplementedError

    def moved(self, chunk: BulkChunk, moved: lifecycle.Moved) -> None:
        """Do the rest, in the transaction of the chunk, once its leads are moved."""


bulk_types: Registry[type[BulkType]] = Registry("bulk type")


@bulk_types.register
class Reprocess(BulkType):
    """Run all transforms and jobs again on the captured values, after all live leads (decision 6)."""

    key, label, done, can_undo = "reprocess", "Reprocess", "queued for another run", False

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return lifecycle.requeue.rule(actor=actor, action_id=chunk.action_id)


class FlagType(BulkType):
    """Sets the second check. The settings are reason, category and comment, and those of the effects."""

    flag: ClassVar[SecondCheck]

    def check(self, settings: Mapping[str, Any]) -> None:
        reason, comment = settings.get("reason", ""), settings.get("comment", "")
        if not reason or len(reason) > LONGEST_REASON:
            raise DomainError(f"Give a reason of at most {LONGEST_REASON} characters.", field="reason")
        if len(comment) > LONGEST_COMMENT:
            raise DomainError(f"A comment has at most {LONGEST_COMMENT:,} characters.", field="comment")

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        settings, extras = chunk.action.settings, effects.extras(chunk.action)
        return lifecycle.flag.rule(
            self.flag,
            actor=actor,
            reason=settings["reason"],
            category=settings.get("category", ""),
            comment=settings.get("comment", ""),
            action_id=chunk.action_id,
            extras=extras,
        )


@bulk_types.register
class MarkValid(FlagType):
    key, label, done, flag = "mark_valid", "Mark as Valid", "marked as Valid", SecondCheck.VALID


@bulk_types.register
class MarkInvalid(FlagType):
    key, label, done, flag = "mark_invalid", "Mark as Invalid", "marked as Invalid", SecondCheck.INVALID


@bulk_types.register
class MarkTest(FlagType):
    key, label, done, flag = "mark_test", "Mark as Test", "marked as Test", SecondCheck.TEST


@bulk_types.register
class Unflag(BulkType):
    key, label, done = "unflag", "Unflag", "no longer flagged"

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return lifecycle.unflag.rule(actor=actor, comment=chunk.action.settings.get("comment", ""), action_id=chunk.action_id)


@bulk_types.register
class MarkDelivered(BulkType):
    key, label, done, note_kind = "mark_delivered", "Mark as Delivered", "marked as Delivered", LeadNote.Kind.DELIVERY

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return lifecycle.mark_delivered.rule(actor=actor, action_id=chunk.action_id)


@bulk_types.register
class MarkUndelivered(BulkType):
    key, label, done, note_kind = "mark_undelivered", "Mark as Undelivered", "marked as Undelivered", LeadNote.Kind.DELIVERY

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return lifecycle.mark_undelivered.rule(actor=actor, action_id=chunk.action_id)


@bulk_types.register
class MarkReplacement(BulkType):
    key, label, done, note_kind = "mark_replacement", "Mark as Replacement", "marked as replacements", LeadNote.Kind.METADATA

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return lifecycle.mark_replacement.rule(actor=actor, comment=chunk.action.settings.get("comment", ""), action_id=chunk.action_id)


@bulk_types.register
class UnmarkReplacement(BulkType):
    key, label, done, note_kind = "unmark_replacement", "No Replacement", "no longer replacements", LeadNote.Kind.METADATA

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return lifecycle.unmark_replacement.rule(actor=actor, comment=chunk.action.settings.get("comment", ""), action_id=chunk.action_id)


@bulk_types.register
class DeleteLeads(BulkType):
    key, label, done = "delete", "Delete Leads", "deleted"

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return lifecycle.delete.rule(actor=actor, action_id=chunk.action_id)
