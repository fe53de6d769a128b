"""The background app: queues, safety settings and the static periodic tasks (users' schedules are rows, not entries here)."""

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
    """Celery sets up logging of its own unless somebody answers this signal."""


@signals.task_prerun.connect
def bind_request_id(task: Any, task_id: str, **_: Any) -> None:
    """What a request set off can be followed into the worker's log lines, and from there into the bells the task rings."""
    structlog.contextvars.clear_contextvars()
    given = (task.request.headers or {}).get("request_id")
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id, **({"request_id": given} if given else {}))


@signals.task_postrun.connect
def forget_request_id(**_: Any) -> None:
    """What the worker says between two tasks belongs to neither."""
    structlog.contextvars.clear_contextvars()
