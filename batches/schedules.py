"""When files of a job are due: its schedule from the settings, its row, and its words."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.forms import Field
from django.utils import timezone

from batches.models import BatchSchedule
from config.core.schedule import Schedule, describe_briefly, next_run
from processr.job_types.registry import job_types
from processr.models import Job

CUMULATIVE, DEFAULT = "cumulative", "default"
KEYS = ("batch_csv", "collect")
"""The types of jobs whose leads go out in files. *Collect for file* has neither destination nor schedule."""
PAUSED, NONE = "paused", "none"


def setting(config: Mapping[str, Any], name: str) -> Any:
    """Return a setting of a Batch CSV, or its initial value."""
    if name in config:
        return config[name]
    fields = _fields()
    return fields[name].initial if name in fields else None


def setting_names() -> list[str]:
    return list(_fields())


def _fields() -> Mapping[str, Field]:
    job_type = job_types.get("batch_csv")
    assert job_type is not None, "it registers itself when the app is ready"
    fields: Mapping[str, Field] = job_type.Settings.base_fields
    return fields


def schedule_of(config: Mapping[str, Any]) -> Schedule | None:
    """Return the schedule that cleaned settings say, or None."""
    weekdays, times = setting(config, "weekdays"), setting(config, "times")
    if not weekdays or not times:
        return None
    return Schedule.from_json({"kind": "weekly", "weekdays": list(weekdays), "times": list(times), "zone": setting(config, "zone")})


@transaction.atomic
def sync_schedules(jobs: Collection[Job], *, now: datetime | None = None) -> None:
    """Bring the rows of schedules in line with the settings of these jobs.

    A changed schedule is due at its next time from now on, never at once (decision 54); an unchanged one stays as it is.
    """
    moment = now or timezone.now()
    rows = BatchSchedule.objects.select_for_update(no_key=True).in_bulk([job.pk for job in jobs], field_name="job_id")
    for job in jobs:
        row = rows.get(job.pk) or BatchSchedule(job=job)
        before = (row.body, row.quantity, row.next_run_at, row.cumulative_since)
        _follow(row, job, moment)
        if row.pk is None or (row.body, row.quantity, row.next_run_at, row.cumulative_since) != before:
            row.save()


def _follow(row: BatchSchedule, job: Job, now: datetime) -> None:
    is_batch = job.type == "batch_csv" and job.removed_at is None
    schedule = schedule_of(job.config) if is_batch else None
    body = schedule.to_json() if schedule else None
    if body != row.body:
        row.body, row.next_run_at = body, next_run(schedule, now) if schedule else None
    row.quantity = setting(job.config, "quantity") if is_batch else None
    if not is_batch or setting(job.config, "file_type") != CUMULATIVE:
        row.cumulative_since = None
    elif row.cumulative_since is None:
        row.cumulative_since = now


def describe(job: Job, row: BatchSchedule | None) -> str:
    """Return the schedule as the tables show it. `job` has its campaign loaded."""
    if is_paused(job):
        return PAUSED
    parts = []
    if row is not None and row.body:
        parts.append(describe_briefly(Schedule.from_json(row.body)))
    if row is not None and row.quantity:
        parts.append(f"when {row.quantity:,} wait")
    return " or ".join(parts) or NONE


def is_paused(job: Job) -> bool:
    """Return whether nothing of the job is due: it is switched off, or paused with its campaign (decision 25)."""
    campaign = job.campaign
    paused = campaign.pause_integrations and campaign.paused_at is not None and campaign.paused_at <= timezone.now()
    return not job.enabled or paused
