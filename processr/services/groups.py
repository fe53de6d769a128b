"""Job groups. Of a group's jobs the first by stage whose conditions hold runs, and earns the group's score."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.services import plan_changed
from config.core.actor import Actor
from config.core.errors import DomainError
from leads.privacy import refuse_to_ask
from processr.models import GroupCondition, Job, JobGroup
from processr.services import columns
from processr.services.jobs import save
from processr.services.locking import locked_campaign, locked_group, locked_job, record, refuse_locked

MOST_GROUPS = 200
"""The most groups on a campaign: every plan holds them all."""


class GroupChangedMeanwhile(DomainError):
    """Another user saved name, score, members or conditions of the group since it was shown."""

    def __init__(self) -> None:
        super().__init__("This group was changed meanwhile.", status=409)


def group_digest(group: JobGroup, jobs: Iterable[Job]) -> str:
    """Return a digest of the group's state, which a page sends back on saving.

    `jobs` are its jobs with their conditions prefetched in order.
    """
    members = sorted((job.pk, [[condition.field, condition.values] for condition in job.conditions.all()]) for job in jobs)
    return hashlib.sha256(json.dumps([group.name, group.score, members]).encode()).hexdigest()[:32]


def _group_as_seen(group_id: int, *, seen: str, actor: Actor) -> tuple[JobGroup, list[Job]]:
    """Return the group, locked, and its jobs. Raise GroupChangedMeanwhile if they are not as the user saw them."""
    group = locked_group(group_id, actor=actor)
    conditions = Prefetch("conditions", GroupCondition.objects.order_by("pk"))
    jobs = list(group.jobs.filter(removed_at=None).prefetch_related(conditions))
    refuse_locked(jobs, actor=actor)
    if seen != group_digest(group, jobs):
        raise GroupChangedMeanwhile
    return group, jobs


@transaction.atomic
def create_group(campaign: Campaign, *, name: str, score: int = 10, actor: Actor) -> JobGroup:
    campaign = locked_campaign(campaign.pk, actor=actor)
    if campaign.job_groups.count() >= MOST_GROUPS:
        raise DomainError(f"A campaign has at most {MOST_GROUPS} groups: remove one first.", status=409)
    group = JobGroup(campaign=campaign, name=_free_name(campaign.pk, name), score=columns.POINTS(score, "score"))
    group.save()
    plan_changed(campaign.pk)
    record(group, "job group added", actor=actor, campaign_id=campaign.pk, after=_group_values(group))
    return group


@transaction.atomic
def put_in_new_group(campaign: Campaign, job_ids: Collection[int], *, name: str, score: int = 10, actor: Actor) -> JobGroup:
    group = create_group(campaign, name=name, score=score, actor=actor)
    put_in_group(job_ids, group, actor=actor)
    return group


@transaction.atomic
def save_group(group_id: int, *, seen: str, conditions: Mapping[int, Sequence[Mapping[str, Any]]], actor: Actor, **values: Any) -> JobGroup:
    """Set name and score of the group, and the conditions of its jobs by id. What is unchanged is not recorded in the audit trail.

    Raise GroupChangedMeanwhile if the group no longer has the state `seen`.
    """
    group, jobs = _group_as_seen(group_id, seen=seen, actor=actor)
    if any(value != getattr(group, name) for name, value in values.items()):
        group = update_group(group_id, actor=actor, **values)
    for job in jobs:
        if job.pk in conditions and conditions[job.pk] != stored_conditions(job):
            set_conditions(job.pk, conditions[job.pk], actor=actor)
    return group


@transaction.atomic
def update_group(group_id: int, *, actor: Actor, name: str | None = None, score: int | None = None) -> JobGroup:
    """Change the properties that are given."""
    group = locked_group(group_id, actor=actor)
    before = _group_values(group)
    if name is not None:
        group.name = _free_name(group.campaign_id, name, besides=group.pk)
    if score is not None:
        group.score = columns.POINTS(score, "score")
    if _group_values(group) == before:
        return group
    refuse_locked(list(group.jobs.filter(removed_at=None)), actor=actor)
    group.save(update_fields=["name", "score"])
    plan_changed(group.campaign_id)
    record(group, "job group changed", actor=actor, campaign_id=group.campaign_id, before=before, after=_group_values(group))
    return group


@transaction.atomic
def remove_group(group_id: int, *, actor: Actor, seen: str | None = None) -> None:
    """Remove the group. Its jobs stay, ungrouped and without conditions.

    Raise GroupChangedMeanwhile if the group no longer has the state `seen`.
    """
    group = locked_group(group_id, actor=actor) if seen is None else _group_as_seen(group_id, seen=seen, actor=actor)[0]
    jobs = list(group.jobs.filter(removed_at=None).order_by("pk"))
    refuse_locked(jobs, actor=actor)
    before = {**_group_values(group), "jobs": [_membership(job) for job in jobs]}
    GroupCondition.objects.filter(job__group=group).delete()
    plan_changed(group.campaign_id)
    record(group, "job group removed", actor=actor, campaign_id=group.campaign_id, before=before, severity="high")
    group.delete()


@transaction.atomic
def put_in_group(job_ids: Collection[int], group: JobGroup | None, *, actor: Actor) -> list[Job]:
    """Put jobs of one campaign into a group, or with None out of their groups, which deletes their conditions."""
    jobs = _lock_jobs(job_ids, group, actor)
    moved = [job for job in jobs if job.group_id != (group.pk if group else None)]
    if not moved:
        return jobs
    refuse_locked(moved, actor=actor)
    before = [_membership(job) for job in moved]
    if group is None:
        GroupCondition.objects.filter(job__in=moved).delete()
    for job in moved:
        job.group, job.updated_by_id, job.updated_at = group, actor.user_id, timezone.now()
    Job.objects.bulk_update(moved, ["group", "updated_by", "updated_at"])
    campaign = moved[0].campaign
    plan_changed(campaign.pk)
    after = {"jobs": [job.pk for job in moved], "group": columns.audit_value(group)}
    record(campaign, "jobs grouped", actor=actor, campaign_id=campaign.pk, before={"jobs": before}, after=after)
    return jobs


@transaction.atomic
def set_conditions(job_id: int, conditions: Sequence[Mapping[str, Any]], *, actor: Actor) -> Job:
    """Set the conditions that must all hold for the job to run: [{"field": "country", "values": ["GB", "IE"]}].

    A job without conditions runs for the leads that the jobs before it in the group have left.
    """
    job = locked_job(job_id, actor=actor)
    if job.group is None:
        raise DomainError("Only a job of a group has conditions: put it into one first.", field="conditions")
    before, after = conditions_of(job), columns.clean_conditions(list(conditions), "conditions")
    if before == after:
        return job
    if after:
        refuse_to_ask(actor, field="conditions")
    job.conditions.all().delete()
    GroupCondition.objects.bulk_create(GroupCondition(job=job, **condition) for condition in after)
    save(job, [], actor=actor)
    record(
        job,
        "job conditions changed",
        actor=actor,
        campaign_id=job.campaign_id,
        before={"conditions": before},
        after={"conditions": after},
    )
    return job


def stored_conditions(job: Job) -> list[dict[str, Any]]:
    """Return the conditions as they were prefetched."""
    return [{"field": condition.field, "values": condition.values} for condition in job.conditions.all()]


def conditions_of(job: Job) -> list[dict[str, Any]]:
    return [{"field": condition.field, "values": condition.values} for condition in job.conditions.order_by("pk")]


def _lock_jobs(job_ids: Collection[int], group: JobGroup | None, actor: Actor) -> list[Job]:
    """Return the jobs, with their campaign locked. Refuse jobs of several campaigns and jobs that the group cannot have."""
    rows = Job.objects.filter(pk__in=job_ids, removed_at=None)
    campaigns = {group.campaign_id} if group else set()
    campaigns |= set(rows.values_list("campaign_id", flat=True))
    if not job_ids or len(campaigns) != 1:
        raise DomainError("Name jobs of one campaign, the group's own.", field="jobs")
    locked_campaign(campaigns.pop(), actor=actor)
    jobs = list(rows.select_related("campaign", "group").prefetch_related("conditions").order_by("stage", "pk"))
    if len(jobs) != len(set(job_ids)):
        raise DomainError("One of these jobs is not there any more.", field="jobs", status=409)
    if group:
        _refuse_mixed_categories(jobs, group)
        if not JobGroup.objects.filter(pk=group.pk).exists():
            raise DomainError("The group is not there any more.", field="group", status=409)
    return jobs


def _refuse_mixed_categories(jobs: Sequence[Job], group: JobGroup) -> None:
    """Refuse jobs of different categories: a group chooses between jobs that can replace each other."""
    categories = {job.category for job in jobs} | set(group.jobs.filter(removed_at=None).values_list("category", flat=True))
    if Job.Category.ENRICHMENT in categories:
        raise DomainError("Enrichment jobs cannot be in a group.", field="jobs")
    if len(categories) > 1:
        raise DomainError("A group is either of quality jobs or of integrations.", field="jobs")


def _free_name(campaign_id: int, name: str, *, besides: int = 0) -> str:
    name = columns.GROUP_NAME(name, "name")
    if JobGroup.objects.filter(campaign=campaign_id, name=name).exclude(pk=besides).exists():
        raise DomainError("The campaign has a group of this name.", field="name")
    return name


def _group_values(group: JobGroup) -> dict[str, Any]:
    return {"name": group.name, "score": group.score}


def _membership(job: Job) -> dict[str, Any]:
    return {"id": job.pk, "group": columns.audit_value(job.group), "conditions": conditions_of(job)}
