"""The receiver of lead changes: it queues and withdraws deliveries and notifies the workers."""

from collections.abc import Mapping, Sequence
from typing import Any

from config.core.background.notify import notify_workers
from integrations.base import waits_for_others
from integrations.delivery import queue
from integrations.services import BELLS_AT_MOST, QUEUE, TASK
from leads.signals import Move, leads_moving


def connect() -> None:
    leads_moving.connect(deliver, dispatch_uid="integrations queue and withdraw deliveries")


def deliver(*, moves: Sequence[Move], cause: str, extras: Mapping[str, Any], **_: Any) -> None:
    nobody_sends = set(waits_for_others())
    to_send = [route.job_id for route in queue.follow(moves, cause=cause, extras=extras) if route.type not in nobody_sends]
    for job_id in to_send[:BELLS_AT_MOST]:
        notify_workers(QUEUE, job_id, TASK)
