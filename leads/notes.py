"""The change log of leads: one row per lead and call."""

from typing import Any

from leads.models import LeadNote
from leads.state import Cause, Change

AXES = (
    "hold_reason",
    "qa_status",
    "second_check",
    "current_status",
    "delivery_status",
    "publisher_billable",
    "advertiser_billable",
    "over_allocation",
    "replacement_type",
    "deleted_at",
)


def write(changes: list[Change], cause: Cause) -> None:
    LeadNote.objects.bulk_create(
        LeadNote(
            lead_id=change.after.id,
            actor_id=cause.actor.user_id,
            actor_name=cause.actor.name,
            kind=cause.kind,
            changes=change.data or _axes(change),
            reason=cause.reason,
            comment=cause.comment,
            action_id=cause.action_id,
        )
        for change in changes
    )


def _axes(change: Change) -> list[list]:
    """Each axis that moved, old and new. A turn of the queue is no change to tell of; a hold is told by its reason."""
    pairs = ((axis, getattr(change.before, axis), getattr(change.after, axis)) for axis in AXES)
    return [[axis, _shown(old), _shown(new)] for axis, old, new in pairs if old != new]


def _shown(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
