"""The receiver of lead changes: it queues and withdraws deliveries and notifies the workers."""

from collections.abc import Mapping, Sequence
from typing import Any

from config.core.background.notify import notify_workers
from integrations.base import types_sent_in_batches
from integrations.delivery import queue
from integrations.services import MOST_NOTIFICATIONS, QUEUE, TASK
from leads.signals import Move, leads_moving


def connect() -> None:
    leads_moving.connect(update_deliveries, dispatch_uid="integrations queue and withdraw deliveries")


def update_deliveries(*, moves: Sequence[Move], cause: str, extras: Mapping[str, Any], action_id: int | None, **_: Any) -> None:
    routes = queue.update_deliveries(moves, cause=cause, extras=extras, action_id=action_id)
    batch_types = set(types_sent_in_batches())
    to_send = [route.job_id for route in routes if route.type not in batch_types]
    for job_id in to_send[:MOST_NOTIFICATIONS]:
        notify_workers(QUEUE, job_id, TASK)
