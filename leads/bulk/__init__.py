"""Bulk actions: a lifecycle verb applied to a frozen set of leads, chunk by chunk."""

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

__all__ = [
    "AT_MOST",
    "AT_ONCE",
    "BulkActionRun",
    "act",
    "begin",
    "begin_with",
    "moved",
    "reasons",
    "run_if_few",
    "skipped",
    "type_of",
]
