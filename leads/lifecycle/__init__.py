"""The only writer of a lead's status: each verb takes a set of leads and changes it in one transaction."""

from leads.lifecycle.verbs import (
    CHUNK,
    Moved,
    Verdict,
    delete,
    edit,
    flag,
    hold,
    judge,
    mark_delivered,
    mark_replacement,
    mark_undelivered,
    release,
    requeue,
    restore,
    unflag,
    unmark_replacement,
)

__all__ = [
    "CHUNK",
    "Moved",
    "Verdict",
    "delete",
    "edit",
    "flag",
    "hold",
    "judge",
    "mark_delivered",
    "mark_replacement",
    "mark_undelivered",
    "release",
    "requeue",
    "restore",
    "unflag",
    "unmark_replacement",
]
