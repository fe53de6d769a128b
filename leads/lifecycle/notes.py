"""The change log of leads: one row per lead and call."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils import timezone

from config.core.actor import Actor
from leads.lifecycle.state import Cause, LeadChange

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


COLUMNS = ("lead_id", "at", "actor_id", "actor_name", "kind", "changes", "reason", "comment", "action_id")
_COPY = f"COPY leads_leadnote ({', '.join(COLUMNS)}) FROM STDIN"


def write(changes: list[LeadChange], cause: Cause) -> None:
    """Write the notes with COPY, because they are most of the rows that a chunk writes."""
    now, actor = timezone.now(), cause.actor
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for change in changes:
            said = json.dumps(change.data or _axes(change))
            copy.write_row(
                (change.after.id, now, actor.user_id, actor.name, cause.kind, said, cause.reason, cause.comment, cause.action_id)
            )


def tell(changes: Mapping[int, list[list]], *, kind: str, actor: Actor, reason: str = "", comment: str = "") -> None:
    """Write notes of an upper app about other changes than of the axes: lead id → [[what, before, after], …] in words."""
    now = timezone.now()
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for lead_id, said in changes.items():
            copy.write_row((lead_id, now, actor.user_id, actor.name, kind, json.dumps(said), reason, comment, None))


def _axes(change: LeadChange) -> list[list]:
    """Return each changed axis with its old and new value. Processr status is left out; a hold appears through its reason."""
    pairs = ((axis, getattr(change.before, axis), getattr(change.after, axis)) for axis in AXES)
    return [[axis, _shown(old), _shown(new)] for axis, old, new in pairs if old != new]


def _shown(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
