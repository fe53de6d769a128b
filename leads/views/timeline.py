"""The change log of a lead in words: each axis with its old and new value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.lists import times
from leads import privacy
from leads.extension_points import hold_reasons
from leads.models import Lead, LeadNote
from leads.statuses import CurrentStatus, DeliveryStatus, QaStatus, SecondCheck

NOTHING = "nothing"
AXES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "qa_status": ("QA Status", {"": "none", **dict(QaStatus.choices)}),
    "second_check": ("2nd Check", {"": "none", **dict(SecondCheck.choices)}),
    "current_status": ("Current Status", dict(CurrentStatus.choices)),
    "delivery_status": ("Delivery", dict(DeliveryStatus.choices)),
    "replacement_type": ("Replacement", {"": "No", "replacement": "Yes"}),
    "publisher_billable": ("Billable to lead generator", {"True": "Yes", "False": "No"}),
    "advertiser_billable": ("Billable to advertiser", {"True": "Yes", "False": "No"}),
    "over_allocation": ("Over allocation", {"True": "Yes", "False": "No"}),
    "deleted_at": ("Deleted", {}),
    "hold_reason": ("Hold", {}),
}
OTHER_SIDES = {
    roles.PUBLISHER: frozenset({"advertiser_billable", "over_allocation"}),
    roles.ADVERTISER: frozenset({"publisher_billable"}),
    roles.ADVERTISER_REPORT: frozenset({"publisher_billable"}),
}
"""Axes that are hidden from a role because they show what the other party pays or earns."""


@dataclass(frozen=True, slots=True)
class TimelineChange:
    """One change, with `before` and `after` as text for users."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    at: datetime
    by: str
    kind: str
    lines: list[TimelineChange]
    reason: str
    comment: str


def timeline(notes: Iterable[LeadNote], lead: Lead, who: Who) -> list[TimelineEntry]:
    """Return the entries of the notes. Values and comments hold personal data, and are masked where the lead is."""
    unmasked = privacy.sees_values_of(who, lead)
    hidden_axes = OTHER_SIDES.get(who.role, frozenset())
    entries = []
    for note in notes:
        changes = [change for change in note.changes if change[0] not in hidden_axes]
        if note.kind == LeadNote.Kind.DATA:
            lines = [_value_change(*change, unmasked=unmasked) for change in changes]
        else:
            lines = [_axis_change(*change) for change in changes]
        comment = note.comment if unmasked or not note.comment else "Comment hidden: personal data is masked for your role."
        entries.append(TimelineEntry(note.at, note.actor_name, note.get_kind_display(), lines, note.reason, comment))
    return entries


def _value_change(field: str, old: Any, new: Any, *, unmasked: bool) -> TimelineChange:
    before, after = (str(value or "") if unmasked else privacy.mask_value(value or "") for value in (old, new))
    return TimelineChange(field, before or NOTHING, after or NOTHING)


def _axis_change(axis: str, old: Any, new: Any) -> TimelineChange:
    label, words = AXES.get(axis, (axis, {}))
    before, after = (_axis_text(axis, value, words) for value in (old, new))
    return TimelineChange(label, before, after)


def _axis_text(axis: str, value: Any, words: Mapping[str, str]) -> str:
    if axis == "deleted_at":
        return times.exact(datetime.fromisoformat(value)) if value else "No"
    if axis == "hold_reason":
        hold = hold_reasons.get(value) if value else None
        return hold.label if hold else value or "none"
    return words.get(str(value), str(value))
