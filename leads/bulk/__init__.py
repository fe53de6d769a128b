"""Bulk actions: a lifecycle verb applied to a frozen set of leads, chunk by chunk."""

from leads.bulk.effects import fields
from leads.bulk.previewer import BulkPreview, preview, preview_undo
from leads.bulk.runner import (
    AT_MOST,
    AT_ONCE,
    UNKNOWN,
    UNKNOWN_HASHES,
    BulkActionRun,
    begin,
    begin_for_query,
    moved_leads,
    run_if_few,
    run_or_queue,
    skip_reasons,
    skipped_leads,
    type_of,
)
from leads.bulk.undo import begin_undo, draft_undo, reason_not_to_undo

__all__ = [
    "AT_MOST",
    "AT_ONCE",
    "BulkActionRun",
    "BulkPreview",
    "UNKNOWN",
    "UNKNOWN_HASHES",
    "run_or_queue",
    "begin",
    "begin_undo",
    "begin_for_query",
    "draft_undo",
    "fields",
    "moved_leads",
    "preview",
    "preview_undo",
    "reason_not_to_undo",
    "skip_reasons",
    "run_if_few",
    "skipped_leads",
    "type_of",
]
