"""The one door for reading jobs and runs; it knows who asks."""

from collections.abc import Collection
from typing import NamedTuple

from django.db.models import QuerySet

from campaigns.models import Campaign
from campaigns.scope import Who
from campaigns.selectors import campaigns_for
from config.core.accounts import roles
from leads.models import Lead
from leads.selectors import leads_for
from leads.statuses import HoldReason, ProcessrStatus
from processr.engine import tallies
from processr.job_types.base import JobType, job_types
from processr.models import Event, Job


class Statistics(NamedTuple):
    """`total` counts the runs in which the job had something to say; `skipped` are the others."""

    total: int = 0
    passed: int = 0
    failed: int = 0
    errored: int = 0
    skipped: int = 0


def jobs_for(who: Who) -> QuerySet[Job]:
    """Jobs on campaigns that `who` sees; publishers see the rules that are shown to them."""
    jobs = Job.objects.filter(removed_at=None, campaign__in=campaigns_for(who))
    return jobs.filter(visible=True) if who.role == roles.PUBLISHER else jobs


def statistics_of(jobs: Campaign | Collection[int]) -> dict[int, Statistics]:
    """By job: of those with these ids, or of all jobs that the campaign has now. In one query more than it takes to name them."""
    if isinstance(jobs, Campaign):
        jobs = list(Job.objects.filter(campaign=jobs, removed_at=None).values_list("pk", flat=True))
    return {pk: Statistics(**counts) for pk, counts in tallies.statistics(jobs).items()}


def catalogue(category: str | None = None) -> list[type[JobType]]:
    """What can be added to a campaign, by label."""
    types = [job_type for job_type in job_types if category in (None, job_type.category)]
    return sorted(types, key=lambda job_type: job_type.label.casefold())


def runs_for(who: Who, lead: Lead) -> QuerySet[Event]:
    """The runs over a lead, the last one first; nothing when `who` does not see the lead."""
    seen = leads_for(who).filter(pk=lead.pk).exists()
    return Event.objects.filter(lead_id=lead.pk, kind=Event.Kind.FLOW).order_by("-pk") if seen else Event.objects.none()


def held_without_job(campaign: Campaign) -> QuerySet[Lead]:
    """What *Process N held leads* would process."""
    return Lead.objects.filter(
        campaign=campaign, processr_status=ProcessrStatus.HELD, hold_reason=HoldReason.NO_JOB, deleted_at=None
    ).order_by("pk")
