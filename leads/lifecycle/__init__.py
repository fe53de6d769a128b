"""The only writer of a lead's status: each verb takes a set of leads and changes it in one transaction."""

from leads.lifecycle.planning import MovePlan, MoveRule, plan_moves
from leads.lifecycle.verbs import (
    Verb,
    Verdict,
    delete,
    edit,
    flag,
    hold,
    judge,
    mark_delivered,
    mark_replacement,
    mark_sent,
    mark_undelivered,
    release,
    requeue,
    restore,
    undo,
    unflag,
    unmark_replacement,
)
from leads.lifecycle.writing import CHUNK, Moved, move

__all__ = [
    "CHUNK",
    "MovePlan",
    "MoveRule",
    "Moved",
    "Verb",
    "Verdict",
    "delete",
    "edit",
    "flag",
    "hold",
    "judge",
    "mark_delivered",
    "mark_replacement",
    "mark_sent",
    "mark_undelivered",
    "move",
    "plan_moves",
    "release",
    "requeue",
    "restore",
    "undo",
    "unflag",
    "unmark_replacement",
]
