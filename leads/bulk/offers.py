"""The choices for the leads of a draft: the eight types of the wizard, and how many leads each can touch.

The leads are counted by the columns that the rules look at, in one query. Each rule is then asked once for each such
group, so that no condition is written down twice.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from config.core.actor import SYSTEM
from config.core.models import User
from leads.bulk.actions import (
    BulkType,
    DeleteLeads,
    MarkDelivered,
    MarkInvalid,
    MarkReplacement,
    MarkTest,
    MarkUndelivered,
    MarkValid,
    Reprocess,
    SendAgain,
    Unflag,
    UnmarkReplacement,
)
from leads.bulk.drafts import chosen_leads
from leads.lifecycle import MoveRule
from leads.lifecycle.state import COLUMNS, LeadChange, LeadState
from leads.models import BulkAction, BulkChunk

OTHER = "other"
OTHERS: tuple[type[BulkType], ...] = (MarkReplacement, UnmarkReplacement, Unflag)
CHOICES: Mapping[str, tuple[type[BulkType], ...]] = {
    **{bulk_type.key: (bulk_type,) for bulk_type in (MarkValid, MarkInvalid, MarkTest, MarkDelivered, MarkUndelivered)},
    OTHER: OTHERS,
    **{bulk_type.key: (bulk_type,) for bulk_type in (Reprocess, DeleteLeads)},
}
"""The choices of the step Type, in their order."""
BESIDE: Mapping[str, tuple[type[BulkType], ...]] = {SendAgain.key: (SendAgain,)}
"""Choices that are no flag: they stand beside the types of the step Type, and on a lead."""
LABELS = {OTHER: "Mark as Other", Reprocess.key: "Reprocess Leads"}
NO_LEADS = "No lead is chosen."
_READ = (
    "processr_status", "qa_status", "second_check", "current_status", "arrived_as_test", "delivery_status", "hold_reason",
    "replacement_type",
)  # fmt: skip


@dataclass
class TypeOffer:
    """A choice, with the number of chosen leads that it can touch, and why it cannot touch the others."""

    key: str
    label: str
    count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    refusal: str = ""

    @property
    def why_not(self) -> str:
        """The reason why the choice is not open, in words."""
        if self.refusal or self.count:
            return self.refusal
        return "None: " + ", ".join(f"{n:,} {why}" for why, n in self.reasons.most_common(3)) if self.reasons else NO_LEADS


def label_of(choice: str) -> str:
    return LABELS.get(choice) or types_of(choice)[0].label


def types_of(choice: str) -> tuple[type[BulkType], ...]:
    """Return the bulk types that a choice stands for; none for a text that is no choice."""
    return CHOICES.get(choice) or BESIDE.get(choice, ())


def offers_for(draft: BulkAction, who: User) -> list[TypeOffer]:
    """Return the choices that are open to the user's role."""
    groups = list(chosen_leads(draft, who).order_by().values_list(*_READ).annotate(n=Count("pk")))
    offers = []
    for key, bulk_types in CHOICES.items():
        rules = [_rule_of(bulk_type) for bulk_type in bulk_types if who.role in bulk_type.roles]
        if not rules:
            continue
        offer = TypeOffer(key, label_of(key), refusal=bulk_types[0].refusal_for(who))
        for *values, n in groups:
            refusals = [rule.apply(_change(values)) for rule in rules]
            if None in refusals:
                offer.count += n
            else:
                offer.reasons[refusals[0] or ""] += n
        offers.append(offer)
    return offers


def beside_for(who: User) -> list[TypeOffer]:
    """Return the choices beside the types that are open to the user's role."""
    return [TypeOffer(key, label_of(key)) for key, kinds in BESIDE.items() if who.role in kinds[0].roles]


def _rule_of(bulk_type: type[BulkType]) -> MoveRule:
    """Return the type's rule. A flag's reason is another one than any lead has."""
    action = BulkAction(type=bulk_type.key, settings={"reason": "another"})
    return bulk_type().rule(BulkChunk(action=action), actor=SYSTEM)


def _change(values: Sequence[Any]) -> LeadChange:
    """Return a change of a lead of which only the columns are known that rules look at."""
    known: dict[str, Any] = {**dict.fromkeys(COLUMNS), **dict(zip(_READ, values, strict=True))}
    return LeadChange(before=LeadState(**known), after=LeadState(**known))
