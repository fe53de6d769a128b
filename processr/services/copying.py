"""Import Settings: jobs set up like another of their type, also from another campaign: first told, then done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.db import transaction

from config.core.actor import Actor
from config.core.errors import DomainError
from processr.job_types.base import job_types
from processr.models import Job
from processr.services.jobs import RETIRED, new_values, update_job
from processr.services.locking import NO_JOB, TEMPLATE, ChangedMeanwhile, is_agency, refuse_locked

COPIED = ("score", "hardfail", "on_error", "after_enrichment", "mapping", "credential")
"""Beside the settings of its type. Label, place, group and visibility are each job's own, and whether it runs."""
ANOTHER_TYPE = "Settings can be taken over only from a job of the same type."


class Change(NamedTuple):
    """`name` is a property of jobs, or a setting of the type."""

    name: str
    is_setting: bool
    before: Any
    after: Any


@transaction.atomic
def copy_settings(
    job_id: int, *, source_id: int, actor: Actor, seen_at: datetime | None = None, source_seen_at: datetime | None = None
) -> Job:
    """How it is configured and counts. Who asks must see the source: look it up first.

    With `seen_at` and `source_seen_at`, the states of the two that the caller saw, nothing else is copied or overwritten: ChangedMeanwhile.
    What the campaign cannot have (another advertiser's list) is refused by its field.
    """
    source = Job.objects.select_related("credential", "updated_by").filter(pk=source_id, removed_at=None).first()
    if source is None:
        raise DomainError(NO_JOB, field="source", status=404)
    if source_seen_at is not None and source_seen_at != source.updated_at:
        raise ChangedMeanwhile(source)
    if not Job.objects.filter(pk=job_id, type=source.type).exists():
        raise DomainError(ANOTHER_TYPE, field="source")
    return update_job(job_id, actor=actor, changes=_copied(source), seen_at=seen_at)


def changes_of_copy(job: Job, *, source: Job, actor: Actor) -> list[Change]:
    """What `copy_settings` would change of the job as it is now. Refuses what that would refuse."""
    if job.type != source.type:
        raise DomainError(ANOTHER_TYPE, field="source")
    if job.campaign.is_template and is_agency(actor):
        raise DomainError(TEMPLATE, status=403)
    refuse_locked([job], actor=actor)
    new = new_values(job, _copied(source))
    settings, config = _settings(job), new.pop("config")
    told = [Change(name, True, job.config.get(name, field.initial), config[name]) for name, field in settings.items()]
    if "credential" in settings:
        new.pop("credential", None)  # told as the setting that it is
    told += [Change(name, False, getattr(job, name), value) for name, value in new.items()]
    return [change for change in told if change.before != change.after]


def _copied(source: Job) -> dict[str, Any]:
    """A setting that is younger than the source is as its type begins with, also where the other job says something else."""
    config = {name: source.config.get(name) for name in _settings(source)}
    return {**{name: getattr(source, name) for name in COPIED}, "config": config}


def _settings(job: Job) -> Mapping[str, forms.Field]:
    job_type = job_types.get(job.type)
    if job_type is None:
        raise DomainError(RETIRED, status=409)
    fields: Mapping[str, forms.Field] = job_type.Settings.base_fields
    return fields
