"""Bulk actions: a lifecycle verb applied to a frozen set of leads, chunk by chunk."""

from leads.bulk.effects import fields
from leads.bulk.previewer import BulkPreview, preview, preview_undo
from leads.bulk.runner import (
    AT_MOST,
    AT_ONCE,
    BulkActionRun,
    act,
    begin,
    begin_with,
    moved,
    reasons,
    run_if_few,
    skipped,
    type_of,
)
from leads.bulk.undo import begin_undo, reason_not_to_undo

__all__ = [
    "AT_MOST",
    "AT_ONCE",
    "BulkActionRun",
    "BulkPreview",
    "act",
    "begin",
    "begin_undo",
    "begin_with",
    "fields",
    "moved",
    "preview",
    "preview_undo",
    "reason_not_to_undo",
    "reasons",
    "run_if_few",
    "skipped",
    "type_of",
]
