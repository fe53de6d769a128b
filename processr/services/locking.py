"""Access to a campaign's jobs for changes, one at a time.

Changes and plan compilations exclude each other by the lock on the campaign's row.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from campaigns.models import Campaign
from config.core import audit
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import TEMPLATE_STATE, DomainError
from config.core.models import User
from leads.privacy import ASKED_MASKED, UNMASKED_ROLES, is_masked, person_for
from processr.job_types.base import WIDE, JobType
from processr.job_types.registry import job_types
from processr.models import Job, JobGroup
from processr.services.settings import SettingRefused

PAGE = "Processr"
NO_JOB = "There is no such job."
LOCKED = TEMPLATE_STATE.lifts("This job is locked: it was made from a template, and stays as it is there.")
TEMPLATE = "This campaign is a template: work on a campaign made from it."


class ChangedMeanwhile(DomainError):
    """Another user saved the job since `seen_at`; `job` is its present state."""

    def __init__(self, job: Job, actor: Actor) -> None:
        reader = User.objects.filter(pk=actor.user_id or 0).first()
        by = f" by {person_for(reader, str(job.updated_by))}" if job.updated_by and reader else ""
        super().__init__(f"This job was changed meanwhile{by}.", status=409)
        self.job = job


def locked_campaign(campaign_id: int, *, actor: Actor) -> Campaign:
    """Lock the campaign to change its jobs."""
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    if campaign.is_template and is_agency(actor):
        raise DomainError(TEMPLATE, status=403)
    return campaign


def locked_job(job_id: int, *, actor: Actor, seen_at: datetime | None = None) -> Job:
    """Return the present job, with its campaign locked."""
    for campaign_id in Job.objects.filter(pk=job_id).values_list("campaign_id", flat=True):
        locked_campaign(campaign_id, actor=actor)
    job = Job.objects.select_related("campaign", "group", "updated_by").filter(pk=job_id, removed_at=None).first()
    if job is None:
        raise DomainError(NO_JOB, status=404)
    refuse_locked([job], actor=actor)
    if seen_at is not None and seen_at != job.updated_at:
        raise ChangedMeanwhile(job, actor)
    return job


def locked_group(group_id: int, *, actor: Actor) -> JobGroup:
    for campaign_id in JobGroup.objects.filter(pk=group_id).values_list("campaign_id", flat=True):
        locked_campaign(campaign_id, actor=actor)
    group = JobGroup.objects.select_related("campaign").filter(pk=group_id).first()
    if group is None:
        raise DomainError("There is no such group.", status=404)
    return group


def refuse_locked(jobs: Collection[Job], *, actor: Actor) -> None:
    """Refuse jobs that the actor may not change: those that a template has locked, and those that send what the actor sees masked."""
    if any(job.lock_state == Job.LockState.LOCKED for job in jobs) and is_agency(actor):
        raise DomainError(LOCKED, status=403)
    types = [job_types.get(job.type) for job in jobs]
    refuse_outgoing(next((job_type for job_type in types if job_type and job_type.is_outgoing), None), actor=actor)


def refuse_outgoing(job_type: type[JobType] | None, *, actor: Actor) -> None:
    """Refuse to configure a type that sends values of leads for an actor who sees them masked (decision 33)."""
    if job_type and job_type.is_outgoing and is_masked(actor):
        raise DomainError(outgoing_refusal(job_type), status=403)


def refuse_wide(job_type: type[JobType], config: Mapping[str, Any], *, before: Mapping[str, Any] | None = None, actor: Actor) -> None:
    """Refuse settings that tell about leads of all advertisers for an actor who sees those of some.

    With the settings `before`, any change of them is refused: what is asked about all these leads is chosen by those who see them.
    """
    setting = job_type.wide_setting(config)
    if before is not None and setting:
        fields = job_type.Settings.base_fields
        changed = [name for name in config if config[name] != before.get(name, fields[name].initial if name in fields else None)]
        setting = setting if setting in changed else next(iter(changed), "")
    if setting and actor.user_id and role_of(actor) not in roles.SEES_EVERYTHING:
        raise SettingRefused(WIDE, field=setting, status=403)


def refuse_asking(job_type: type[JobType], config: Mapping[str, Any], *, before: Mapping[str, Any] | None = None, actor: Actor) -> None:
    """Refuse settings that ask something else of values than those before for an actor who sees leads masked."""
    if (changed := job_type.asking_settings(config, before=before)) and is_masked(actor):
        raise SettingRefused(ASKED_MASKED, field=changed[0], status=403)


def outgoing_refusal(job_type: type[JobType]) -> str:
    return f"{job_type.label} sends values of leads to another system: it is configured by roles that see them unmasked ({UNMASKED_ROLES})."


def is_agency(actor: Actor) -> bool:
    """Return whether the actor is an agency. An actor without a user (the system, a command) is not."""
    return role_of(actor) in roles.AGENCY_SIDE


def role_of(actor: Actor) -> str | None:
    return User.objects.filter(pk=actor.user_id).values_list("role", flat=True).first() if actor.user_id else None


def record(obj: Model, action: str, *, actor: Actor, campaign_id: int, **details: Any) -> None:
    audit.record(actor=actor, page=PAGE, action=action, obj=obj, campaign_id=campaign_id, notes=str(obj), **details)
