"""The change log of leads: one row per lead and call."""

import json
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any

from django.db import connection
from django.utils import timezone

from config.core.actor import Actor
from config.core.database.copying import copy_row
from leads.lifecycle.state import Cause, LeadChange
from leads.models import LeadNote
from leads.privacy import own_reason
from leads.statuses import BILLED_AXES

AXES = (
    "hold_reason",
    "qa_status",
    "second_check",
    "flag_category",
    "current_status",
    "delivery_status",
    "publisher_billable",
    "advertiser_billable",
    "over_allocation",
    "replacement_type",
    "deleted_at",
)
REQUEUED = own_reason("Reprocess: queued for another run")
"""The reason in the note of a lead that is reprocessed, of which no axis changes before it is judged."""
SENT_AGAIN = own_reason("Sent again")
UNDO_OF = "Undo of "
COLUMNS = ("lead_id", "at", "actor_id", "actor_name", "kind", "changes", "reason", "comment", "action_id")
_values = attrgetter(*AXES, "flag_reason")
_COPY = f"COPY leads_leadnote ({', '.join(COLUMNS)}) FROM STDIN"


def rows(changes: list[LeadChange], cause: Cause) -> str:
    """Return the notes for COPY, because they are most of the rows that a chunk writes.

    Each lead has one, and another of the kind Contract where what is billed for it changes after it was judged and sent.
    """
    now, actor = timezone.now(), cause.actor
    written: dict[Any, list[str]] = {}  # all but the ids, by what the notes depend on: few leads of a chunk differ
    rows: list[str] = []
    for change in changes:
        seen = _seen(change)
        if seen is None or (notes := written.get(seen)) is None:
            notes = [
                copy_row((now, actor.user_id, actor.name, kind, json.dumps(entries), cause.reason, cause.comment, cause.action_id))
                for kind, entries in _notes_of(change, cause)
            ]
            if seen is not None:
                written[seen] = notes
        rows += [f"{change.after.id}\t{note}" for note in notes]
    return "".join(rows)


def write(rows: str) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(rows)


def _seen(change: LeadChange) -> tuple[Any, ...] | None:
    """Return what the notes of a change depend on; None where it is the lead's own data."""
    if change.data or change.told:
        return None
    return _values(change.before), _values(change.after), change.before.processing_counter > 0


def _notes_of(change: LeadChange, cause: Cause) -> Iterator[tuple[str, list[list]]]:
    """Yield the kinds of the change's notes, each with its entries."""
    entries = [*change.data] or [*change.told, *_changed_axes(change)]
    billed = [entry for entry in entries if entry[0] in BILLED_AXES] if _tells_of_billing(change, cause) else []
    yield cause.kind, [entry for entry in entries if entry not in billed] if billed else entries
    if billed:
        yield LeadNote.Kind.CONTRACT, billed


def add(changes: Mapping[int, list[list]], *, kind: str, actor: Actor, reason: str = "", comment: str = "") -> None:
    """Write notes of an upper app about other changes than of the axes: lead id → [[label, before, after], …] as text."""
    now = timezone.now()
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for lead_id, entries in changes.items():
            copy.write_row((lead_id, now, actor.user_id, actor.name, kind, json.dumps(entries), reason, comment, None))


def _tells_of_billing(change: LeadChange, cause: Cause) -> bool:
    """Return whether a change of billing is news: not that of the first judgement, nor of a delivery by its integration."""
    return not change.data and cause.name != "mark_sent" and (cause.name != "judge" or change.before.processing_counter > 0)


def _changed_axes(change: LeadChange) -> list[list]:
    """Return each changed axis with its old and new value. Processr status is left out; a hold appears through its reason."""
    # The reason of a new flag is that of the note.
    axes = (*AXES, "flag_reason") if change.before.second_check == change.after.second_check else AXES
    pairs = ((axis, getattr(change.before, axis), getattr(change.after, axis)) for axis in axes)
    return [[axis, _json_value(old), _json_value(new)] for axis, old, new in pairs if old != new]


def _json_value(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
