"""The Celery app. Its periodic tasks are static: users' schedules are rows, not entries here."""

import os
import sys
from time import monotonic
from typing import Any

import structlog
from celery import Celery, signals

from config import logs
from config.core.database.sessions import require_own_session
from config.core.errors import DomainError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Celery runs Django's system checks as a worker starts, and drops what they say. They load every view, form and serializer.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

log = structlog.get_logger("task")

app = Celery("sluice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Keep Celery from configuring logging, which it does unless this signal has a receiver."""


@signals.celeryd_init.connect
def print_lines_only(instance: Any, **_: Any) -> None:
    """Leave out Celery's banner, and make lines of what it says when it is asked to stop. It prints both past all logging."""
    if logs.wants_json():
        instance.quiet = True
        program: Any = sys.modules["celery.apps.worker"]
        program.safe_say = lambda message, _stream=None: logs.write_line(message)


@signals.celeryd_init.connect
def refuse_pooler(**_: Any) -> None:
    """End a worker that would lock claims in sessions which are not its own."""
    try:
        require_own_session("A worker")
    except DomainError as refusal:
        raise SystemExit(refusal.message) from None


@signals.task_prerun.connect
def bind_request_id(task: Any, task_id: str, **_: Any) -> None:
    """Bind the request id, so that a request can be traced to the worker's log lines and to the notifications that the task sends."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)
    task.request.began = monotonic()
    if request_id := (task.request.headers or {}).get("request_id"):
        structlog.contextvars.bind_contextvars(request_id=request_id)


@signals.task_postrun.connect
def forget_request_id(task: Any, state: str = "", **_: Any) -> None:
    """Log the end of the task, and clear the context: log lines between two tasks belong to neither."""
    began = getattr(task.request, "began", None)
    log.info("task ended", state=state, ms=None if began is None else round((monotonic() - began) * 1000, 1))
    structlog.contextvars.clear_contextvars()
