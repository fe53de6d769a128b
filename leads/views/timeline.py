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

    what: str
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
    open_to_read = privacy.sees_values_of(who, lead)
    return [_entry(note, who, open_to_read=open_to_read) for note in notes]


def _entry(note: LeadNote, who: Who, *, open_to_read: bool) -> TimelineEntry:
    hidden = OTHER_SIDES.get(who.role, frozenset())
    is_data = note.kind == LeadNote.Kind.DATA
    lines = [_data(*change, open_to_read=open_to_read) if is_data else _axis(*change) for change in note.changes if change[0] not in hidden]
    comment = note.comment if open_to_read or not note.comment else "Comment hidden: personal data is masked for your role."
    return TimelineEntry(note.at, note.actor_name, note.get_kind_display(), lines, note.reason, comment)


def _axis(axis: str, old: Any, new: Any) -> TimelineChange:
    if axis == "deleted_at":
        return TimelineChange("Deleted", _moment(old), _moment(new))
    if axis == "hold_reason":
        return TimelineChange("Hold", _hold(old), _hold(new))
    label, words = AXES.get(axis, (axis, {}))
    return TimelineChange(label, words.get(str(old), str(old)), words.get(str(new), str(new)))


def _data(field: str, old: Any, new: Any, *, open_to_read: bool) -> TimelineChange:
    before, after = (str(value or "") if open_to_read else privacy.mask_value(value or "") for value in (old, new))
    return TimelineChange(field, before or NOTHING, after or NOTHING)


def _hold(key: str) -> str:
    hold = hold_reasons.get(key) if key else None
    return hold.label if hold else key or "none"


def _moment(text: str | None) -> str:
    return times.exact(datetime.fromisoformat(text)) if text else "No"
