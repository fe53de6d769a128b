"""The order in which a campaign's jobs run."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.services import plan_changed
from config.core.actor import Actor
from config.core.errors import DomainError
from processr.models import Job
from processr.services.columns import LAST_STAGE
from processr.services.locking import locked_campaign, record, refuse_locked

STEP = 10


@transaction.atomic
def reorder_jobs(campaign: Campaign, job_ids: Sequence[int], *, actor: Actor) -> list[Job]:
    """Set the order of all jobs of one category: their stages become 10, 20, 30, …"""
    campaign = locked_campaign(campaign.pk, actor=actor)
    jobs = _in_order(campaign, job_ids)
    step = min(STEP, LAST_STAGE // len(jobs))
    stages = {job.pk: place * step for place, job in enumerate(jobs, start=1)}
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


def _in_order(campaign: Campaign, job_ids: Sequence[int]) -> list[Job]:
    named = {job.pk: job for job in Job.objects.filter(campaign=campaign, pk__in=job_ids, removed_at=None)}
    categories = {job.category for job in named.values()}
    everyone = set(Job.objects.filter(campaign=campaign, category__in=categories, removed_at=None).values_list("pk", flat=True))
    if len(categories) != 1 or set(job_ids) != everyone or len(job_ids) != len(everyone):
        raise DomainError("Name each job of the tab once; perhaps one was added or removed meanwhile.", field="jobs", status=409)
    return [named[pk] for pk in job_ids]
