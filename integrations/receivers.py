"""The receivers of changes, which notify the workers: of leads, whose deliveries they queue and withdraw, and of resumed campaigns."""

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.extension_points import campaign_resumed
from config.core.background.notify import notify_workers
from integrations.base import types_sent_in_batches
from integrations.delivery import queue
from integrations.outbound_events.trigger import queue_events
from integrations.services import MOST_NOTIFICATIONS, QUEUE, TASK
from leads.signals import Move, leads_moving


def connect() -> None:
    leads_moving.connect(update_deliveries, dispatch_uid="integrations queue and withdraw deliveries")
    leads_moving.connect(set_off_events, dispatch_uid="integrations set off outbound events")
    campaign_resumed.connect(notify_of_resumed_campaign, dispatch_uid="integrations deliver what waited for a campaign")


def notify_of_resumed_campaign(*, campaign_id: int, **_: Any) -> None:
    notify_workers(QUEUE, f"campaign {campaign_id}", TASK)


def update_deliveries(*, moves: Sequence[Move], cause: str, extras: Mapping[str, Any], action_id: int | None, **_: Any) -> None:
    routes = queue.update_deliveries(moves, cause=cause, extras=extras, action_id=action_id)
    batch_types = set(types_sent_in_batches())
    to_send = [route.job_id for route in routes if route.type not in batch_types]
    for job_id in to_send[:MOST_NOTIFICATIONS]:
        notify_workers(QUEUE, job_id, TASK)


def set_off_events(*, moves: Sequence[Move], **_: Any) -> None:
    queue_events(moves)
