"""The plan of a move: what a verb does to a set of leads, worked out from their states alone, without writing.

A write plans over locked states, a preview over states that it only reads. Both get the same plan for the same states
and terms.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from leads.lifecycle import billing
from leads.lifecycle.billing import BookedPrice, Terms
from leads.lifecycle.deliverability import end_hold, settle_arrivals
from leads.lifecycle.guards import merge
from leads.lifecycle.state import Cause, LeadChange, LeadState, Seen
from leads.statuses import Refusal

Apply = Callable[[LeadChange], str | None]
"""Changes `change.after` in place, or returns the reason why the lead is refused."""
Guard = Callable[[Collection[int]], Mapping[int, str]]
"""Called with all leads once they are locked; maps lead ids to reasons why they are refused."""
LoadTerms = Callable[[Sequence[LeadChange]], Terms]
"""Returns the terms of changes that affect billing, and perhaps of others."""
NO_VETOES: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True)
class MoveRule:
    """A verb with its arguments: what it does to one lead, and the cause."""

    cause: Cause
    apply: Apply
    guards: tuple[Guard, ...] = ()
    reaches_deleted: bool = False

    def guarded(self, guard: Guard) -> "MoveRule":
        """Return the rule with one more guard, asked before the others."""
        return replace(self, guards=(guard, *self.guards))

    def if_unchanged(self, revisions: Mapping[int, int]) -> "MoveRule":
        """Return the rule, refusing leads whose revision is not the one given for them."""

        def apply(change: LeadChange) -> str | None:
            if change.before.revision != revisions.get(change.before.id):
                return Refusal.CHANGED_SINCE
            return self.apply(change)

        return replace(self, apply=apply)

    def if_as_seen(self, seen: Mapping[int, Seen]) -> "MoveRule":
        """Return the rule, refusing leads that differ from what a preview has shown of them."""

        def apply(change: LeadChange) -> str | None:
            return self.apply(change) if change.before.seen == seen.get(change.before.id) else Refusal.CHANGED_SINCE

        return replace(self, apply=apply)

    def vetoes(self, lead_ids: Collection[int]) -> dict[int, str]:
        return merge(guard(lead_ids) for guard in self.guards)


@dataclass
class MovePlan:
    """The changes of the leads that move, with their billing, and the reasons of the others.

    `terms` are the contracts and campaigns with their slots as they stand afterwards; None if no change affects billing.
    """

    cause: Cause
    changes: list[LeadChange]
    refused: dict[int, str]
    entries: list[BookedPrice] = field(default_factory=list)
    terms: Terms | None = None


def plan_moves(
    rule: MoveRule, ids: Collection[int], states: Mapping[int, LeadState], load_terms: LoadTerms, vetoes: Mapping[int, str] = NO_VETOES
) -> MovePlan:
    """Split the leads into moved and refused, and settle billing on a copy of the terms. The states are left as they are."""
    plan = MovePlan(rule.cause, changes=[], refused={})
    for pk, state in states.items():
        change = LeadChange(before=state, after=state.next_revision())
        hidden = state.deleted_at is not None and not rule.reaches_deleted
        if refusal := Refusal.NOT_FOUND if hidden else vetoes.get(pk) or rule.apply(change):
            plan.refused[pk] = refusal
        else:
            plan.changes.append(change)
    plan.refused |= {pk: Refusal.NOT_FOUND for pk in ids if pk not in states}
    settle_arrivals(plan.changes)
    for change in plan.changes:
        end_hold(change.after)
    if billed := [change for change in plan.changes if billing.is_affected(change, cause=rule.cause.name)]:
        plan.terms = load_terms(billed).copy()
        plan.entries = billing.bill_changes(billed, plan.terms, cause=rule.cause.name)
    return plan
