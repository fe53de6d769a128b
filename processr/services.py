"""Changing what is done to leads. Every write leaves one audit line and makes the next run compile a new plan."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.services import plan_changed
from config.panel import audit
from config.panel.actor import Actor
from config.panel.errors import DomainError
from leads import lifecycle
from leads.statuses import HoldReason
from processr.models import Job
from processr.selectors import held_without_job
from processr.types import JobType, job_types

PAGE = "Processr"


@transaction.atomic
def add_job(
    campaign: Campaign,
    type_key: str,
    *,
    actor: Actor,
    label: str | None = None,
    stage: int = 10,
    score: int | None = None,
    hardfail: bool | None = None,
    config: Mapping[str, Any] | None = None,
) -> Job:
    """What is not given is the type's own default. Held leads are not processed by this (decision 25)."""
    job_type = _known(type_key)
    plan_changed(campaign.pk)
    job = Job.objects.create(
        campaign=campaign, type=job_type.key, category=job_type.category, label=label or job_type.label, stage=stage,
        score=job_type.default_score if score is None else score, hardfail=job_type.default_hardfail if hardfail is None else hardfail,
        config=_checked(job_type, config or {}, campaign), updated_by_id=actor.user_id,
    )  # fmt: skip
    _record(job, "job added", actor, after=_described(job))
    return job


def enable_job(job_id: int, *, actor: Actor) -> Job:
    return _set_enabled(job_id, True, "job enabled", actor)


def disable_job(job_id: int, *, actor: Actor) -> Job:
    return _set_enabled(job_id, False, "job disabled", actor)


@transaction.atomic
def remove_job(job_id: int, *, actor: Actor) -> Job:
    """Out of every plan from now on; the row stays for what points at it."""
    job = _lock(job_id)
    job.removed_at = timezone.now()
    _save(job, ["removed_at"], actor)
    _record(job, "job removed", actor, before=_described(job), severity="high")
    return job


def process_held(campaign_id: int, *, actor: Actor) -> lifecycle.Moved:
    """Queue the leads that are on hold because there was no job. In chunks, each of them whole: a broken call is simply made again."""
    campaign = Campaign.objects.get(pk=campaign_id)
    if not Job.objects.filter(campaign=campaign, enabled=True, removed_at=None).exists():
        raise DomainError("Add a job first: without one the leads would be held again.", status=409)
    moved = lifecycle.Moved([], {})
    last = 0
    while ids := _held(campaign, after=last):
        last, part = ids[-1], lifecycle.release(ids, reason=HoldReason.NO_JOB, actor=actor)
        moved = lifecycle.Moved(moved.ids + part.ids, moved.refused | part.refused)
    audit.record(
        actor=actor, page=PAGE, action="held leads processed", obj=campaign, campaign_id=campaign.pk, after={"leads": len(moved.ids)}
    )
    return moved


def _held(campaign: Campaign, *, after: int) -> list[int]:
    return list(held_without_job(campaign).filter(pk__gt=after).values_list("pk", flat=True)[: lifecycle.CHUNK])


@transaction.atomic
def _set_enabled(job_id: int, enabled: bool, action: str, actor: Actor) -> Job:
    job = _lock(job_id)
    job.enabled = enabled
    _save(job, ["enabled"], actor)
    _record(job, action, actor)
    return job


def _lock(job_id: int) -> Job:
    """Under the campaign's lock, by which changes and compiles keep apart."""
    for campaign_id in Job.objects.filter(pk=job_id).values_list("campaign_id", flat=True):
        plan_changed(campaign_id)
    job = Job.objects.filter(pk=job_id, removed_at=None).first()
    if job is None:
        raise DomainError("There is no such job.", status=404)
    return job


def _save(job: Job, columns: list[str], actor: Actor) -> None:
    job.updated_by_id = actor.user_id
    job.save(update_fields=[*columns, "updated_by", "updated_at"])


def _known(type_key: str) -> type[JobType]:
    job_type = job_types.get(type_key)
    if job_type is None:
        raise DomainError(f"There is no job type {type_key!r}.", field="type")
    return job_type


def _checked(job_type: type[JobType], config: Mapping[str, Any], campaign: Campaign) -> dict[str, Any]:
    """As the type's form cleans it; what is not given has its initial value. The first problem is told, with its field."""
    fields = job_type.Settings.base_fields
    if unknown := set(config) - set(fields):
        raise DomainError(f"{job_type.label} has no setting {min(unknown)!r}.", field=min(unknown))
    form = job_type.Settings({name: config.get(name, field.initial) for name, field in fields.items()}, campaign=campaign)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise DomainError(str(errors[0]), field=name)
    return form.cleaned_data


def _described(job: Job) -> dict[str, Any]:
    return {"type": job.type, "label": job.label, "stage": job.stage, "score": job.score, "hardfail": job.hardfail, "config": job.config}


def _record(job: Job, action: str, actor: Actor, **what: Any) -> None:
    audit.record(actor=actor, page=PAGE, action=action, obj=job, campaign_id=job.campaign_id, notes=job.label, **what)
