"""Receivers of lead signals: notify the engine of waiting leads, update the value index for edited ones, count visible ones."""

from collections.abc import Sequence
from typing import Any

from config.core.background.notify import notify_workers
from leads.signals import Move, leads_moving, leads_waiting
from processr.duplicates import value_index
from processr.engine import tallies
from processr.tasks import QUEUE, TASK

NOTIFICATIONS_AT_MOST = 16
"""Each notification wakes one worker, which serves every campaign: more notifications than workers are of no use."""


def connect() -> None:
    leads_waiting.connect(notify_engine, dispatch_uid="processr notifies the engine of waiting leads")
    leads_moving.connect(count_visible_leads, dispatch_uid="processr counts the visible leads of each job")
    leads_moving.connect(refresh_value_index, dispatch_uid="processr refreshes the value index for edited leads")


def count_visible_leads(*, moves: Sequence[Move], **_: Any) -> None:
    """Keep deleted leads out of the statistics of jobs, and leads whose deletion is undone in them."""
    tallies.take_out([move.lead_id for move in moves if move.after.deleted and not move.before.deleted])
    tallies.put_back([move.lead_id for move in moves if move.before.deleted and not move.after.deleted])


def notify_engine(*, campaign_ids: set[int], **_: Any) -> None:
    for campaign_id in sorted(campaign_ids)[:NOTIFICATIONS_AT_MOST]:
        notify_workers(QUEUE, campaign_id, TASK)


def refresh_value_index(*, moves: Sequence[Move], cause: str, **_: Any) -> None:
    if cause == "edit":
        value_index.refresh([move.lead_id for move in moves])
