"""Bulk actions: a lifecycle verb applied to a frozen set of leads, a chunk at a time."""

from leads.bulk.runner import (
    AT_MOST,
    AT_ONCE,
    act,
    begin,
    begin_with,
    is_over,
    moved,
    reasons,
    run,
    skipped,
    type_of,
    waiting_actions,
)

__all__ = [
    "AT_MOST",
    "AT_ONCE",
    "act",
    "begin",
    "begin_with",
    "is_over",
    "moved",
    "reasons",
    "run",
    "skipped",
    "type_of",
    "waiting_actions",
]
