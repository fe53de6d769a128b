"""Notifications that tell workers about waiting rows. The rows are the queue, so a notification may be lost, doubled or late."""

import threading
import time
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from kombu.pools import producers
from prometheus_client import Counter

from config.core.background import broker
from config.core.background.broker import Breaker

log = structlog.get_logger(__name__)

WINDOW = 0.2
"""Seconds in which a (queue, task, key) is notified at most twice: at once, and at the end for the rows that were added meanwhile."""

failures = Counter("sluice_notification_failures", "Notifications that the broker did not take; the sweep finds their work")
skipped = Counter("sluice_notifications_skipped", "Notifications not tried because the broker had just failed; the sweep finds their work")
breaker = Breaker(log, message="broker unreachable, work waits for the sweep", failures=failures)
_lock = threading.Lock()
_last: dict[tuple[str, str, str], float] = {}


def notify_workers(queue: str, key: str | int, task: str, *args: Any) -> None:
    """Send a notification after the transaction commits. Never raises, never waits longer than the broker's socket limit."""
    transaction.on_commit(lambda: _notify(queue, str(key), task, args), robust=True)


def notify_workers_in(seconds: float, queue: str, task: str, *args: Any) -> None:
    """Send, after the transaction commits, a notification that workers see only after so many seconds. Never raises."""

    def send() -> None:
        if not _is_away():
            _send(queue, task, args, countdown=seconds)

    transaction.on_commit(send, robust=True)


def _notify(queue: str, key: str, task: str, args: tuple[Any, ...]) -> None:
    if not _is_away() and (delay := _delay((queue, task, key), time.monotonic())) is not None:
        _send(queue, task, args, countdown=delay)


def _is_away() -> bool:
    if breaker.is_open:
        skipped.inc()
    return breaker.is_open


def _send(queue: str, task: str, args: tuple[Any, ...], *, countdown: float) -> None:
    # With the request id, the worker's log lines can be traced to the request.
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    headers = {"request_id": request_id} if request_id else {}
    try:
        with producers[broker.new_connection()].acquire(block=True, timeout=broker.LIMIT) as producer:
            current_app.send_task(
                task, args, queue=queue, countdown=countdown, retry=False, ignore_result=True, headers=headers, producer=producer
            )
    except broker.ERRORS as error:
        breaker.record_failure(error)
        with _lock:
            _last.clear()  # earlier notifications may be lost too


def _delay(target: tuple[str, str, str], now: float) -> float | None:
    """Return the seconds to wait before sending, or None when a notification that is already on its way covers this one."""
    with _lock:
        due = _last.get(target, 0.0)
        if now >= due + WINDOW:
            if len(_last) > 10_000:
                for old in [known for known, due in _last.items() if now > due + WINDOW]:
                    del _last[old]
            _last[target] = now
            return 0.0
        if now >= due:
            _last[target] = due + WINDOW
            return due + WINDOW - now
        return None
