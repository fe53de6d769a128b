"""Receivers: the schedule of a job follows its settings whenever the job is saved."""

from typing import Any

from django.db.models.signals import post_save

from batches.schedules import KEYS, sync_schedules
from processr.models import Job


def connect() -> None:
    post_save.connect(follow_settings, sender=Job, dispatch_uid="schedule of a batch")


def follow_settings(instance: Job, *, raw: bool = False, update_fields: Any = None, **_: Any) -> None:
    if not raw and instance.type in KEYS and (update_fields is None or {"config", "type", "removed_at"} & set(update_fields)):
        sync_schedules([instance])
