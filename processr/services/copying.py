"""Import Settings: copying the settings of a job to others of its type, also on other campaigns, after a preview."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.db import transaction

from config.core.actor import Actor
from config.core.errors import DomainError
from processr.job_types.registry import job_types
from processr.models import Job
from processr.services.jobs import RETIRED, new_values, update_job
from processr.services.locking import NO_JOB, TEMPLATE, ChangedMeanwhile, is_agency, refuse_locked

COPIED = ("score", "hardfail", "on_error", "after_enrichment", "mapping", "credential")
"""The properties copied beside the settings of the type.

Label, stage, group, visibility and whether the job runs stay each job's own.
"""
ANOTHER_TYPE = "Settings can be taken over only from a job of the same type."


class SettingsChange(NamedTuple):
    """One change. `name` is a property of jobs, or a setting of the type."""

    name: str
    is_setting: bool
    before: Any
    after: Any


@transaction.atomic
def copy_settings(
    job_id: int, *, source_id: int, actor: Actor, seen_at: datetime | None = None, source_seen_at: datetime | None = None
) -> Job:
    """Copy settings and scoring of the source. The caller must have checked that the user can see the source.

    Raise ChangedMeanwhile if the job or the source no longer has the version `seen_at` or `source_seen_at`. Raise
    DomainError, with the field, for a value that the campaign cannot have, such as another advertiser's list.
    """
    source = Job.objects.select_related("credential", "updated_by").filter(pk=source_id, removed_at=None).first()
    if source is None:
        raise DomainError(NO_JOB, field="source", status=404)
    if source_seen_at is not None and source_seen_at != source.updated_at:
        raise ChangedMeanwhile(source, actor)
    job = Job.objects.select_related("campaign").filter(pk=job_id, type=source.type).first()
    if job is None:
        raise DomainError(ANOTHER_TYPE, field="source")
    return update_job(job_id, actor=actor, changes=_values_to_copy(source, _settings_fields(job)), seen_at=seen_at)


def copy_settings_to(jobs: Mapping[int, datetime], *, source_id: int, source_seen_at: datetime, actor: Actor) -> dict[int, str]:
    """Copy to each job by itself. `jobs` are the versions that the user saw, by id. Return the refusals by id, none if all were changed.

    The caller must have checked that the user can see the source and the jobs.
    """
    refusals = {}
    for job_id, seen_at in jobs.items():
        try:
            copy_settings(job_id, source_id=source_id, actor=actor, seen_at=seen_at, source_seen_at=source_seen_at)
        except DomainError as refusal:
            refusals[job_id] = refusal.message
    return refusals


def changes_of_copy(job: Job, *, source: Job, actor: Actor) -> list[SettingsChange]:
    """Return what `copy_settings` would change now. Refuses whatever that would refuse."""
    if job.type != source.type:
        raise DomainError(ANOTHER_TYPE, field="source")
    if job.campaign.is_template and is_agency(actor):
        raise DomainError(TEMPLATE, status=403)
    refuse_locked([job], actor=actor)
    settings = _settings_fields(job)
    new = new_values(job, _values_to_copy(source, settings), actor=actor)
    config = new.pop("config")
    changes = [SettingsChange(name, True, job.config.get(name, field.initial), config[name]) for name, field in settings.items()]
    if "credential" in settings:
        new.pop("credential", None)  # listed as a setting already
    changes += [SettingsChange(name, False, getattr(job, name), value) for name, value in new.items()]
    return [change for change in changes if change.before != change.after]


def _values_to_copy(source: Job, settings: Collection[str]) -> dict[str, Any]:
    """Return the values to copy. A setting that the source does not have yet is copied as None, which stands for the initial value."""
    config = {name: source.config.get(name) for name in settings}
    return {**{name: getattr(source, name) for name in COPIED}, "config": config}


def _settings_fields(job: Job) -> Mapping[str, forms.Field]:
    job_type = job_types.get(job.type)
    if job_type is None:
        raise DomainError(RETIRED, status=409)
    return job_type.settings_fields(job.campaign)
