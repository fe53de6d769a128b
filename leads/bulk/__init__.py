"""Bulk actions: a lifecycle verb applied to a frozen set of leads, chunk by chunk."""

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
