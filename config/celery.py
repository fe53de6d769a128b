"""The Celery app. Its periodic tasks are static: users' schedules are rows, not entries here."""

import os
from typing import Any

import structlog
from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sluice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Keep Celery from configuring logging, which it does unless this signal has a receiver."""


@signals.task_prerun.connect
def bind_request_id(task: Any, task_id: str, **_: Any) -> None:
    """Bind the request id, so that a request can be traced to the worker's log lines and to the notifications that the task sends."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)
    if request_id := (task.request.headers or {}).get("request_id"):
        structlog.contextvars.bind_contextvars(request_id=request_id)


@signals.task_postrun.connect
def forget_request_id(**_: Any) -> None:
    """Clear the context: log lines between two tasks belong to neither."""
    structlog.contextvars.clear_contextvars()
