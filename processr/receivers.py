"""Receivers of lead signals: notify the engine of waiting leads, and update the value index for edited ones."""

from collections.abc import Sequence
from typing import Any

from config.core.background.notify import notify_workers
from leads.signals import Move, leads_moving, leads_waiting
from processr.duplicates import value_index
from processr.tasks import QUEUE, TASK

NOTIFICATIONS_AT_MOST = 16
"""Each notification wakes one worker, which serves every campaign: more notifications than workers are of no use."""


def connect() -> None:
    leads_waiting.connect(notify_engine, dispatch_uid="processr notifies the engine of waiting leads")
    leads_moving.connect(refresh_value_index, dispatch_uid="processr refreshes the value index for edited leads")


def notify_engine(*, campaign_ids: set[int], **_: Any) -> None:
    for campaign_id in sorted(campaign_ids)[:NOTIFICATIONS_AT_MOST]:
        notify_workers(QUEUE, campaign_id, TASK)


def refresh_value_index(*, moves: Sequence[Move], cause: str, **_: Any) -> None:
    if cause == "edit":
        value_index.refresh([move.lead_id for move in moves])
