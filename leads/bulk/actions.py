"""The types of bulk actions, each applying one lifecycle verb."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from typing_extensions import override

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import DELETE_ACTIONS, ROLE, DomainError
from config.core.models import User
from config.core.registry import Registry
from leads import lifecycle
from leads.bulk import effects
from leads.lifecycle.notes import UNDO_OF
from leads.lifecycle.verbs import Verb
from leads.models import BulkAction, BulkChunk, LeadNote
from leads.privacy import own_reason
from leads.statuses import SecondCheck
from leads.values import texts

LONGEST_REASON, LONGEST_COMMENT = 255, 2_000


def is_signature_of(text: str, user: User) -> bool:
    """Return whether the text is the user's full name, in any case and with any white space (decision 30)."""
    return bool(texts.strip(text)) and texts.fold(text) == texts.fold(str(user))


def _check_comment(settings: Mapping[str, Any]) -> None:
    if len(settings.get("comment", "")) > LONGEST_COMMENT:
        raise DomainError(f"A comment has at most {LONGEST_COMMENT:,} characters.", field="comment")


class BulkType(ABC):
    """A type of bulk action. `label` is its name; `done` completes "<n> leads …" when it is over."""

    key: ClassVar[str]
    label: ClassVar[str]
    done: ClassVar[str]
    can_undo: ClassVar[bool] = True
    roles: ClassVar[Collection[str]] = roles.MANAGES_CAMPAIGNS
    """The roles that may do this to leads they see."""
    note_kind: ClassVar[str] = LeadNote.Kind.STATUS
    """The kind of the notes about leads that an undo puts back."""

    def __init_subclass__(cls) -> None:
        if label := vars(cls).get("label"):
            own_reason(f"{UNDO_OF}{label}")

    @classmethod
    def refusal_for(cls, user: User) -> str:
        """Return why the user may not do this to any lead; empty if they may. It is asked again for each chunk (decision 40)."""
        return "" if user.role in cls.roles else ROLE.lifts("Your role may not do this.")

    def check(self, settings: Mapping[str, Any]) -> None:  # noqa: B027  (optional: not every type has settings)
        """Raise DomainError for settings that the action cannot be begun or previewed with."""

    @abstractmethod
    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        """Return the rule by which the leads of the chunk move, and by which a preview plans. Nothing is written."""

    def after_move(self, chunk: BulkChunk, moved: lifecycle.Moved) -> None:
        """Do the rest, in the transaction of the chunk, once its leads are moved."""
        effects.after_move(chunk.action, moved)


bulk_types: Registry[type[BulkType]] = Registry("bulk type")


class VerbType(BulkType):
    """Applies a verb that needs no settings."""

    verb: ClassVar[Verb[...]]

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return self.verb.rule(actor=actor, action_id=chunk.action_id)


class CommentedType(BulkType):
    """Applies a verb whose one setting is a comment."""

    verb: ClassVar[Verb[...]]

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        return self.verb.rule(actor=actor, comment=chunk.action.settings.get("comment", ""), action_id=chunk.action_id)


@bulk_types.register
class Reprocess(VerbType):
    """Run all transforms and jobs again on the captured values, after all live leads (decision 6)."""

    key, label, done, can_undo = "reprocess", "Reprocess", "queued for another run", False
    verb = lifecycle.requeue


class FlagType(BulkType):
    """Sets the second check. The settings are reason, category and comment, and those of the effects.

    With `revisions`, by lead id as text, leads that have changed since they had these are skipped.
    """

    flag: ClassVar[SecondCheck]

    def check(self, settings: Mapping[str, Any]) -> None:
        reason = settings.get("reason", "")
        if not reason or len(reason) > LONGEST_REASON:
            raise DomainError(f"Give a reason of at most {LONGEST_REASON} characters.", field="reason")
        _check_comment(settings)

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        settings, extras = chunk.action.settings, effects.extras(chunk.action)
        rule = lifecycle.flag.rule(
            self.flag,
            actor=actor,
            reason=settings["reason"],
            category=settings.get("category", ""),
            comment=settings.get("comment", ""),
            action_id=chunk.action_id,
            extras=extras,
        )
        revisions = settings.get("revisions")
        return rule if revisions is None else rule.if_unchanged({int(pk): revision for pk, revision in revisions.items()})


@bulk_types.register
class MarkValid(FlagType):
    roles = roles.FLAGS_LEADS
    key, label, done, flag = "mark_valid", "Mark as Valid", "marked as Valid", SecondCheck.VALID


@bulk_types.register
class MarkInvalid(FlagType):
    roles = roles.FLAGS_LEADS
    key, label, done, flag = "mark_invalid", "Mark as Invalid", "marked as Invalid", SecondCheck.INVALID


@bulk_types.register
class MarkTest(FlagType):
    key, label, done, flag = "mark_test", "Mark as Test", "marked as Test", SecondCheck.TEST


@bulk_types.register
class Unflag(CommentedType):
    key, label, done = "unflag", "Unflag", "no longer flagged"
    verb = lifecycle.unflag


@bulk_types.register
class MarkDelivered(VerbType):
    key, label, done, note_kind = "mark_delivered", "Mark as Delivered", "marked as Delivered", LeadNote.Kind.DELIVERY
    verb = lifecycle.mark_delivered


@bulk_types.register
class MarkUndelivered(VerbType):
    key, label, done, note_kind = "mark_undelivered", "Mark as Undelivered", "marked as Undelivered", LeadNote.Kind.DELIVERY
    verb = lifecycle.mark_undelivered


@bulk_types.register
class SendAgain(BulkType):
    """Send leads to chosen integrations as a new round, without flagging them."""

    key, label, done, note_kind = "send_again", "Send again", "queued to be sent again", LeadNote.Kind.DELIVERY

    def check(self, settings: Mapping[str, Any]) -> None:
        if not any(effects.extras(BulkAction(type=self.key, settings=settings)).values()):
            raise DomainError("Choose at least one integration.", field="integrations")
        _check_comment(settings)

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        comment, extras = chunk.action.settings.get("comment", ""), effects.extras(chunk.action)
        named = effects.named(chunk.action)
        return lifecycle.send_again.rule(actor=actor, comment=comment, action_id=chunk.action_id, extras=extras, named=named)


@bulk_types.register
class MarkReplacement(CommentedType):
    key, label, done, note_kind = "mark_replacement", "Mark as Replacement", "marked as replacements", LeadNote.Kind.METADATA
    verb = lifecycle.mark_replacement


@bulk_types.register
class UnmarkReplacement(CommentedType):
    key, label, done, note_kind = "unmark_replacement", "No Replacement", "no longer replacements", LeadNote.Kind.METADATA
    verb = lifecycle.unmark_replacement


@bulk_types.register
class DeleteLeads(VerbType):
    key, label, done = "delete", "Delete Leads", "deleted"
    verb = lifecycle.delete

    @classmethod
    @override
    def refusal_for(cls, user: User) -> str:
        """Users who do not see everything as an Admin does need the right of their own (decision 41)."""
        if refusal := super().refusal_for(user):
            return refusal
        may = user.can_delete_leads or user.role in (roles.ADMIN, roles.ADMIN_MASKED)
        return "" if may else DELETE_ACTIONS.lifts("You may not delete leads.")
