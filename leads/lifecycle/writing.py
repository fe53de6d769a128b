"""The write of a move: leads locked, planned and changed in one transaction, with everything that belongs to the change.

It takes a fixed number of statements, whatever the number of leads. Larger sets than CHUNK go through `leads.bulk`.
"""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet

from leads.intake import search_index
from leads.lifecycle import billing, bulk_update, notes, tallies
from leads.lifecycle.planning import MovePlan, MoveRule, plan_moves
from leads.lifecycle.state import LeadChange, lock_states
from leads.models import Lead, TallyDelta
from leads.signals import leads_moving, leads_waiting
from leads.statuses import ProcessrStatus

CHUNK = 2000


@dataclass(frozen=True)
class Moved:
    """The leads that a verb moved, with their states and revisions before and after, and why the others were refused."""

    ids: list[int]
    refused: dict[int, str]
    changes: list[LeadChange] = field(default_factory=list, repr=False)


def move(ids: list[int], rule: MoveRule, *, among: QuerySet[Lead] | None = None) -> Moved:
    """Move 1 to CHUNK leads by the rule; those that the query `among` does not select are not found.

    Rows are locked in id order: leads, then the contracts and campaigns with limits.
    """
    if len(ids) > CHUNK:
        raise ValueError(f"at most {CHUNK} leads a call, {len(ids)} were given")
    with transaction.atomic():
        states = lock_states(ids, among)
        plan = plan_moves(rule, ids, states, billing.lock_terms, rule.vetoes(states))
        if plan.changes:
            _write(plan)
    return Moved([change.after.id for change in plan.changes], plan.refused, plan.changes)


def _write(plan: MovePlan) -> None:
    cause, changes = plan.cause, plan.changes
    if plan.terms:
        plan.terms.save()
    with bulk_update.update(changes):
        written_notes, prices = notes.rows(changes, cause), billing.rows(plan.entries)
        deltas = tallies.deltas((change.before, change.after) for change in changes)
        moves = [change.move() for change in changes]
    search_index.write([change.searched for change in changes if change.searched])
    notes.write(written_notes)
    billing.write(prices)
    TallyDelta.objects.bulk_create(deltas)
    leads_moving.send(sender=None, moves=moves, cause=cause.name, extras=cause.extras, action_id=cause.action_id)
    left_waiting = [c.after for c in changes if c.after.processr_status == ProcessrStatus.WAITING and not c.after.deleted_at]
    if left_waiting:
        leads_waiting.send(sender=None, campaign_ids={state.campaign_id for state in left_waiting})
