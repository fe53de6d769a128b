"""The preview of a bulk action: the same plan as the run, chunk by chunk, over leads that are only read.

The slots of contracts and campaigns are carried from chunk to chunk, so that the preview tells what the run does if
nothing changes meanwhile. Memory is bounded by the chunk and by what the preview counts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from campaigns.models import Campaign
from config.core.actor import Actor
from config.core.errors import DomainError
from config.core.ids import in_portions
from config.core.models import User
from leads import lifecycle
from leads.bulk import effects
from leads.bulk.runner import check, rule_of, visible_leads
from leads.bulk.undo import Undo, reason_not_to_undo
from leads.lifecycle import CHUNK
from leads.lifecycle.billing import Slots, Terms
from leads.lifecycle.state import LeadChange, LeadState, read_states
from leads.models import BulkAction, BulkChunk

NOTHING_TAKEN: Mapping[tuple[str, int], int] = MappingProxyType({})
EXAMPLES = 100
"""The most ids of skipped leads that are kept for each reason."""


@dataclass
class BillingPreview:
    """The leads that become billable on one side in one currency and those that stop being so, and the sum of their prices."""

    gained: int = 0
    lost: int = 0
    amount: Decimal = Decimal(0)


@dataclass
class BulkPreview:
    """The outcome of an action, foretold. `skipped` counts leads by reason, `examples` has the first ids of each.

    `statuses` and `deliveries` count moved leads by the value before and after, of the current and the delivery status.
    `billing` is by side and currency. `slots` has the campaigns and contracts with limits whose leads are concerned: `taken`
    is the number afterwards, the row has the present one. `without_slot` counts the leads that become Valid over their allocation. `lines`
    are those of upper apps.
    """

    total: int = 0
    moved: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    deliveries: Counter[tuple[str, str]] = field(default_factory=Counter)
    billing: dict[tuple[str, str], BillingPreview] = field(default_factory=lambda: defaultdict(BillingPreview))
    slots: list[Slots] = field(default_factory=list)
    without_slot: int = 0
    lines: Counter[str] = field(default_factory=Counter)

    def add(self, plan: lifecycle.MovePlan) -> None:
        self.total += len(plan.changes) + len(plan.refused)
        self.moved += len(plan.changes)
        self.skipped.update(plan.refused.values())
        for pk, reason in sorted(plan.refused.items()):
            if len(self.examples[reason]) < EXAMPLES:
                self.examples[reason].append(pk)
        for change in plan.changes:
            before, after = change.before, change.after
            self.statuses[before.current_status, after.current_status] += 1
            self.deliveries[before.delivery_status, after.delivery_status] += 1
            self.without_slot += after.over_allocation and not before.over_allocation
        for entry in plan.entries:
            side = self.billing[entry.side, entry.currency]
            side.gained, side.lost = side.gained + (entry.sign > 0), side.lost + (entry.sign < 0)
            side.amount += entry.sign * entry.amount


class BulkPreviewer:
    """Plans the chunks of one action one after the other."""

    def __init__(
        self, action: BulkAction, actor: Actor, result: BulkPreview | None = None, taken: Mapping[tuple[str, int], int] = NOTHING_TAKEN
    ) -> None:
        """Begin, or go on from a result with the slots that the chunks until then have left taken (`key_of_slots`)."""
        self.action, self.actor = action, actor
        self.terms = Terms()
        self.result = result or BulkPreview()
        self._taken = dict(taken)

    def add(self, chunk: BulkChunk) -> tuple[Mapping[int, LeadState], Mapping[int, str]]:
        """Plan a chunk. Return the states of the leads that the user sees, and the reasons of those that are skipped."""
        chunk.action = self.action
        rule = rule_of(chunk, actor=self.actor)
        states = read_states(chunk.lead_ids, visible_leads(self.action, rule))
        plan = lifecycle.plan_moves(rule, chunk.lead_ids, states, self._load_terms, rule.vetoes(states))
        self.terms = plan.terms or self.terms
        self.result.slots = self.terms.slots()
        self.result.add(plan)
        if plan.changes:
            moves = [change.move() for change in plan.changes]
            self.result.lines.update(effects.preview(self.action, moves, rule.cause.name, rule.cause.extras))
        return states, plan.refused

    def _load_terms(self, changes: Sequence[LeadChange]) -> Terms:
        self.terms.count(self.terms.load(changes))
        for slots in self.terms.slots():
            slots.taken = self._taken.pop(key_of_slots(slots), slots.taken)
        return self.terms


def key_of_slots(slots: Slots) -> tuple[str, int]:
    """Return whether they are those of a campaign or of a contract, and of which."""
    return ("campaign" if isinstance(slots.row, Campaign) else "contract", slots.row.pk)


def preview(type_key: str, ids: Iterable[int], *, actor: Actor, settings: dict[str, Any] | None = None) -> BulkPreview:
    """Return what the action would do to these leads, without writing or locking anything."""
    check(type_key, settings)
    action = BulkAction(type=type_key, settings=settings or {}, started_by=_user(actor))
    previewer = BulkPreviewer(action, actor)
    for chunk in in_portions(sorted(set(ids)), CHUNK):
        previewer.add(BulkChunk(lead_ids=chunk))
    return previewer.result


def preview_undo(action: BulkAction, *, actor: Actor) -> BulkPreview:
    """Return what an undo of the action would do. Raises DomainError with the reason why it cannot be undone."""
    if reason := reason_not_to_undo(action):
        raise DomainError(reason, status=409)
    previewer = BulkPreviewer(BulkAction(type=Undo.key, undoes=action, started_by=_user(actor)), actor)
    done = action.chunks.filter(state=BulkChunk.State.DONE).exclude(found=[]).order_by("position")
    for position, found in done.values_list("position", "found").iterator(chunk_size=1):
        previewer.add(BulkChunk(position=position, lead_ids=sorted(pk for _, lead_ids in found for pk in lead_ids)))
    return previewer.result


def _user(actor: Actor) -> User | None:
    return User.objects.filter(pk=actor.user_id).first() if actor.user_id else None
