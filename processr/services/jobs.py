"""Adding, changing, switching, ordering and removing jobs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.services import plan_changed
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import ROLE, DomainError
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import JobSettings
from processr.models import Job
from processr.services import columns, settings
from processr.services.columns import LAST_STAGE, STAGE_STEP
from processr.services.locking import (
    locked_campaign,
    locked_job,
    record,
    refuse_asking,
    refuse_locked,
    refuse_outgoing,
    refuse_wide,
    role_of,
)

MOST_JOBS = 500
"""The most jobs on a campaign: every plan holds them all."""
RETIRED = "This kind of job is no longer available: it can only be disabled or removed."
SET_LOCKS = roles.MANAGES_CAMPAIGNS - roles.AGENCY_SIDE


@transaction.atomic
def add_job(
    campaign: Campaign, type_key: str, *, actor: Actor, config: Mapping[str, Any] | JobSettings | None = None, **properties: Any
) -> Job:
    """Add a job. `config` are settings by name, or the bound settings form of a page.

    `properties` are label, stage, score, hardfail, enabled and so on; a property that is missing or None has the type's
    initial value. Held leads are not processed by this (decision 25).
    """
    job_type = settings.known_type(type_key)
    refuse_outgoing(job_type, actor=actor)
    campaign = locked_campaign(campaign.pk, actor=actor)
    if campaign.jobs.filter(removed_at=None).count() >= MOST_JOBS:
        raise DomainError(f"A campaign has at most {MOST_JOBS} jobs: remove one first.", status=409)
    cleaned_config = settings.clean_settings(job_type, {} if config is None else config, campaign)
    values = columns.initial_values(job_type) | {name: value for name, value in properties.items() if value is not None}
    refuse_wide(job_type, cleaned_config, actor=actor)
    refuse_asking(job_type, cleaned_config, actor=actor)
    job = Job(
        campaign=campaign,
        type=job_type.key,
        category=job_type.category,
        updated_by_id=actor.user_id,
        config=cleaned_config,
        **columns.clean_columns(values),
    )
    for name, value in columns.credential_columns(cleaned_config).items():
        setattr(job, name, value)
    columns.refuse_foreign_credential(job.credential, campaign.pk)
    _check_change(job, {})
    if job.lock_state != Job.LockState.NORMAL:
        _refuse_lock(job, Job.LockState.NORMAL, actor)
    job.save()
    plan_changed(campaign.pk)
    record(job, "job added", actor=actor, campaign_id=campaign.pk, after=_job_values(job))
    return job


@transaction.atomic
def update_job(job_id: int, *, actor: Actor, changes: Mapping[str, Any], seen_at: datetime | None = None) -> Job:
    """Change label, stage, score, hardfail, enabled, visible, config and so on. `config` are settings by name, those
    not named being kept, or the bound settings form of a page.

    Raise ChangedMeanwhile if `seen_at`, the job's `updated_at` as the caller saw it, is no longer current. A call that
    changes nothing writes nothing.
    """
    job = locked_job(job_id, actor=actor, seen_at=seen_at)
    new = new_values(job, changes, actor=actor)
    before = {name: getattr(job, name) for name in new}
    changed = [name for name in new if new[name] != before[name]]
    if not changed:
        return job
    for name in changed:
        setattr(job, name, new[name])
    _check_change(job, {name: before[name] for name in changed})
    if "lock_state" in changed:
        _refuse_lock(job, before["lock_state"], actor)
    save(job, changed, actor=actor)
    old_values = {name: columns.audit_value(before[name]) for name in changed}
    changed_values = {name: columns.audit_value(new[name]) for name in changed}
    record(job, "job changed", actor=actor, campaign_id=job.campaign_id, before=old_values, after=changed_values)
    return job


def enable_job(job_id: int, *, actor: Actor) -> Job:
    return _switch(job_id, True, "job enabled", actor)


def disable_job(job_id: int, *, actor: Actor) -> Job:
    return _switch(job_id, False, "job disabled", actor)


@transaction.atomic
def remove_job(job_id: int, *, actor: Actor, seen_at: datetime | None = None) -> Job:
    """Take the job out of every plan from now on. The row stays for what references it, but releases its credential."""
    job = locked_job(job_id, actor=actor, seen_at=seen_at)
    job_type = job_types.get(job.type)
    if job_type:
        job_type.check_remove(job)
    job.removed_at, job.credential = timezone.now(), None
    save(job, ["removed_at", "credential"], actor=actor)
    if job_type:
        job_type.removed(job, actor=actor)
    record(job, "job removed", actor=actor, campaign_id=job.campaign_id, before=_job_values(job), severity="high")
    return job


def save(job: Job, changed: list[str], *, actor: Actor) -> None:
    job.updated_by_id = actor.user_id
    job.save(update_fields=[*changed, "updated_by", "updated_at"])
    plan_changed(job.campaign_id)
    job_type = job_types.get(job.type)
    if job_type and "enabled" in changed and job.enabled:
        job_type.switched_on(job)


@transaction.atomic
def _switch(job_id: int, enabled: bool, action: str, actor: Actor) -> Job:
    job = locked_job(job_id, actor=actor)
    before, job.enabled = job.enabled, enabled
    if before != enabled:
        _check_change(job, {"enabled": before})
    save(job, ["enabled"], actor=actor)
    record(job, action, actor=actor, campaign_id=job.campaign_id, before={"enabled": before}, after={"enabled": enabled})
    return job


def new_values(job: Job, changes: Mapping[str, Any], *, actor: Actor) -> dict[str, Any]:
    """Return the changed properties, validated."""
    job_type = job_types.get(job.type)
    if job_type is None:
        if set(changes) == {"enabled"}:
            return columns.clean_columns(changes)
        raise DomainError(RETIRED, status=409)
    new = columns.clean_columns({name: value for name, value in changes.items() if name != "config"})
    if "config" in changes:
        new["config"] = settings.change_settings(job, changes["config"])
        new |= columns.credential_columns(new["config"])
        refuse_wide(job_type, new["config"], before=job.config, actor=actor)
        refuse_asking(job_type, new["config"], before=job.config, actor=actor)
    columns.refuse_foreign_credential(new.get("credential"), job.campaign_id)
    return new


def _check_change(job: Job, before: Mapping[str, Any]) -> None:
    """Refuse values that are valid on their own, but not together or not for a job of this type."""
    if job_type := job_types.get(job.type):
        job_type.check_change(job, before=before)
    columns.refuse_bad_route(job)


def _refuse_lock(job: Job, before: str, actor: Actor) -> None:
    """Refuse a lock state. States are set on the template; on a campaign made from it a job can only be marked as reviewed."""
    reviewed = (before, job.lock_state) == (Job.LockState.REVIEW, Job.LockState.REVIEWED)
    if reviewed and not job.campaign.is_template:
        return
    if not job.campaign.is_template:
        raise DomainError("States are set on the template, not on a campaign made from it.", field="lock_state")
    if actor.user_id and role_of(actor) not in SET_LOCKS:
        raise DomainError(ROLE.lifts("Your role may not lock jobs."), field="lock_state", status=403)


def _job_values(job: Job) -> dict[str, Any]:
    return {"type": job.type, "label": job.label, "stage": job.stage, "score": job.score, "hardfail": job.hardfail, "config": job.config}


@transaction.atomic
def reorder_jobs(campaign: Campaign, job_ids: Sequence[int], *, actor: Actor) -> list[Job]:
    """Set the order of all jobs of one category: their stages become 10, 20, 30, …"""
    campaign = locked_campaign(campaign.pk, actor=actor)
    jobs = _jobs_in_order(campaign, job_ids)
    step = min(STAGE_STEP, LAST_STAGE // len(jobs))
    stages = {job.pk: position * step for position, job in enumerate(jobs, start=1)}
    moved = [job for job in jobs if job.stage != stages[job.pk]]
    if not moved:
        return jobs
    refuse_locked(moved, actor=actor)
    before, after = {job.pk: job.stage for job in moved}, {job.pk: stages[job.pk] for job in moved}
    for job in moved:
        job.stage, job.updated_by_id, job.updated_at = stages[job.pk], actor.user_id, timezone.now()
    Job.objects.bulk_update(moved, ["stage", "updated_by", "updated_at"])
    plan_changed(campaign.pk)
    record(campaign, "jobs reordered", actor=actor, campaign_id=campaign.pk, before={"stages": before}, after={"stages": after})
    return jobs


def _jobs_in_order(campaign: Campaign, job_ids: Sequence[int]) -> list[Job]:
    """Return the jobs in the given order. Refuse anything but each job of one category once."""
    jobs = {job.pk: job for job in Job.objects.filter(campaign=campaign, pk__in=job_ids, removed_at=None)}
    categories = {job.category for job in jobs.values()}
    all_ids = set(Job.objects.filter(campaign=campaign, category__in=categories, removed_at=None).values_list("pk", flat=True))
    if len(categories) != 1 or set(job_ids) != all_ids or len(job_ids) != len(all_ids):
        raise DomainError("Name each job of the tab once; perhaps one was added or removed meanwhile.", field="jobs", status=409)
    return [jobs[pk] for pk in job_ids]
