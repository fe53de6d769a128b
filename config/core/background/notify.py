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

failures = Counter("sluice_bell_failures", "Attempts to ring that the broker did not take; the sweep finds their work")
unrung = Counter("sluice_bells_unrung", "Bells not tried because the broker had just failed; the sweep finds their work")
breaker = Breaker(log, says="broker unreachable, work waits for the sweep", failures=failures)
_lock = threading.Lock()
_last: dict[tuple[str, str, str], float] = {}


def notify_workers(queue: str, key: str | int, task: str, *args: Any) -> None:
    """Send a notification after the transaction commits. Never raises, never waits longer than the broker's socket limit."""
    transaction.on_commit(lambda: _ring(queue, str(key), task, args), robust=True)


def _ring(queue: str, key: str, task: str, args: tuple[Any, ...]) -> None:
    if breaker.is_open:
        unrung.inc()
        return
    delay = _delay((queue, task, key), time.monotonic())
    if delay is not None:
        _send(queue, task, args, delay)


def _send(queue: str, task: str, args: tuple[Any, ...], delay: float) -> None:
    try:
        with producers[broker.line()].acquire(block=True, timeout=broker.LIMIT) as producer:
            current_app.send_task(
                task, args, queue=queue, countdown=delay, retry=False, ignore_result=True, headers=_headers(), producer=producer
            )
    except broker.ERRORS as error:
        _broke(error)


def _delay(bell: tuple[str, str, str], now: float) -> float | None:
    """Return the seconds to wait before sending, or None when a notification that is already on its way covers this one."""
    with _lock:
        due = _last.get(bell, 0.0)
        if now >= due + WINDOW:
            _forget_old(now)
            _last[bell] = now
            return 0.0
        if now >= due:
            _last[bell] = due + WINDOW
            return due + WINDOW - now
        return None


def _forget_old(now: float) -> None:
    if len(_last) > 10_000:
        for bell in [bell for bell, due in _last.items() if now > due + WINDOW]:
            del _last[bell]


def _broke(error: Exception) -> None:
    """Open the breaker and forget what was sent: earlier notifications may be lost too. The periodic sweep finds the work."""
    breaker.broke(error)
    with _lock:
        _last.clear()


def _headers() -> dict[str, str]:
    """Pass the request id on, so that the worker's log lines can be traced to the request."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    return {"request_id": request_id} if request_id else {}
