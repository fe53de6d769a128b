"""The selectors of jobs and runs: every read goes through here, restricted to what the user may see."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from campaigns.models import Campaign, FormField
from campaigns.scope import Who
from campaigns.selectors import campaigns_for
from config.core.accounts import roles
from leads.models import Lead
from leads.selectors import leads_for
from leads.statuses import HoldReason, ProcessrStatus
from processr import texts
from processr.engine import tallies
from processr.job_types.base import AddsFields, JobType
from processr.job_types.registry import job_types
from processr.models import Event, Job, JobGroup, Plan, ValueTransform
from processr.plans import planned

CAMPAIGNS_AT_MOST, NAMES_AT_MOST = 100, 200
"""Campaigns whose fields are offered for lists of leads, and fields of them: with more, a page would grow with the table."""


class Statistics(NamedTuple):
    """The outcomes of a job. `total` counts passed, failed and errored; `skipped` is counted apart."""

    total: int = 0
    passed: int = 0
    failed: int = 0
    errored: int = 0
    skipped: int = 0


class JobNotRun(NamedTuple):
    """A job of the campaign that a run has no outcome of, with the reason."""

    id: int
    label: str
    hardfail: bool
    reason: str


class JobsBeside(NamedTuple):
    """Jobs of the campaign beside the outcomes of a run: those that were not run, the ids of those removed since, and its integrations."""

    not_run: list[JobNotRun]
    removed: set[int]
    integrations: int


def jobs_for(who: Who) -> QuerySet[Job]:
    """Return the jobs on campaigns that `who` sees; for publishers, those whose rule is shown to them."""
    return jobs_ever_for(who).filter(removed_at=None)


def jobs_ever_for(who: Who) -> QuerySet[Job]:
    """Return the same and those that were removed, which leads may have failed."""
    jobs = Job.objects.filter(campaign__in=campaigns_for(who))
    return jobs.filter(visible=True) if who.role == roles.PUBLISHER else jobs


def groups_for(who: Who) -> QuerySet[JobGroup]:
    return JobGroup.objects.filter(campaign__in=campaigns_for(who))


def groups_beside(job: Job) -> QuerySet[JobGroup]:
    """Return the groups of the campaign of a job that the user may change."""
    return JobGroup.objects.filter(campaign=job.campaign_id)


def statistics_of(jobs: Campaign | Collection[int]) -> dict[int, Statistics]:
    """Return statistics by job id, for the given ids or for all present jobs of a campaign.

    This takes one query, and for a campaign one more to find its jobs.
    """
    if isinstance(jobs, Campaign):
        jobs = list(Job.objects.filter(campaign=jobs, removed_at=None).values_list("pk", flat=True))
    return {pk: Statistics(**counts) for pk, counts in tallies.statistics(jobs).items()}


def catalogue(category: str | None = None) -> list[type[JobType]]:
    """Return the job types that can be added to a campaign, by label."""
    types = [job_type for job_type in job_types if category in (None, job_type.category)]
    return sorted(types, key=lambda job_type: job_type.label.casefold())


def runs_for(who: Who, lead: Lead) -> QuerySet[Event]:
    """Return the runs over the lead, the last one first; none if `who` cannot see the lead."""
    is_visible = Exists(leads_for(who).filter(pk=lead.pk))
    return Event.objects.filter(is_visible, lead_id=lead.pk, kind=Event.Kind.FLOW).order_by("-pk")


def runs_with_plans(lead: Lead, *, before: UUID | None) -> QuerySet[Any]:
    """Return the runs over a lead that the user sees, the last one first, each with the body of its plan."""
    runs = Event.objects.filter(lead_id=lead.pk, kind=Event.Kind.FLOW, plan_number__isnull=False)
    if before is not None:
        runs = runs.filter(pk__lt=before)
    return with_plans(runs).order_by("-pk")


def with_plans(runs: QuerySet[Event]) -> QuerySet[Any]:
    """Return the runs, each with the body of its plan as `plan_body`, which `explain` then needs no query for."""
    plans = Plan.objects.filter(campaign=OuterRef("campaign_id"), number=OuterRef("plan_number"))
    return runs.annotate(plan_body=Subquery(plans.values("body")))


def jobs_beside(who: Who, lead: Lead, run: Event | None) -> "JobsBeside":
    """Return what is to be said of the jobs of the lead's campaign beside the outcomes of a run, in one query.

    Integrations are only counted: they run after the judgement, and their deliveries tell what became of them.
    """
    known = {step["job"] for step in run.steps} if run else set()
    jobs = jobs_ever_for(who).filter(campaign=lead.campaign_id)
    not_run: list[JobNotRun] = []
    removed: set[int] = set()
    integrations = 0
    for job in jobs.only("label", "category", "hardfail", "enabled", "removed_at").order_by("stage", "pk"):
        if job.category == Job.Category.INTEGRATION:
            integrations += job.removed_at is None
        elif job.removed_at:
            removed.add(job.pk)
        elif job.pk not in known:
            since = texts.SWITCHED_ON_SINCE if run else texts.NOT_RUN_YET
            not_run.append(JobNotRun(job.pk, job.label, job.hardfail, since if job.enabled else texts.SWITCHED_OFF))
    return JobsBeside(not_run, removed & known, integrations)


def held_without_job(campaign: Campaign) -> QuerySet[Lead]:
    """Return the leads that *Process N held leads* would process."""
    return Lead.objects.filter(
        campaign=campaign, processr_status=ProcessrStatus.HELD, hold_reason=HoldReason.NO_JOB, deleted_at=None
    ).order_by("pk")


def held_over_delivery(campaign: Campaign) -> QuerySet[Lead]:
    """Return the leads that *Release N held leads* would release, the oldest first."""
    return Lead.objects.filter(campaign=campaign, hold_reason=HoldReason.OVER_DELIVERY, deleted_at=None).order_by("pk")


def form_field_names(campaign: Campaign) -> list[str]:
    fields = FormField.objects.filter(form__campaign_forms__campaign=campaign, enabled=True).order_by("form_id", "position", "pk")
    return list(dict.fromkeys(fields.values_list("name", flat=True)))


def transformed_names(who: Who, campaign: Campaign | None = None) -> list[str]:
    """Return the names that value transforms give on a campaign, or on the newest ones that `who` sees, by alphabet."""
    transforms = ValueTransform.objects.filter(campaign__in=_campaigns_of_fields(who, campaign), campaign__use_value_transforms=True)
    return list(transforms.order_by("new_field").values_list("new_field", flat=True).distinct()[:NAMES_AT_MOST])


def enriched_names(who: Who, campaign: Campaign | None = None) -> list[str]:
    """Return the names that enrichment jobs give on a campaign, or on the newest ones that `who` sees, by alphabet."""
    jobs = Job.objects.filter(campaign__in=_campaigns_of_fields(who, campaign), removed_at=None, category=Job.Category.ENRICHMENT)
    names: set[str] = set()
    of_each_kind = jobs.order_by("type", "config").distinct("type", "config").select_related("group").prefetch_related("conditions")
    for job in of_each_kind:
        names.update(_added_fields(job))
    return sorted(names)[:NAMES_AT_MOST]


def _campaigns_of_fields(who: Who, campaign: Campaign | None) -> Collection[int] | QuerySet:
    return [campaign.pk] if campaign else campaigns_for(who).order_by("-pk").values("pk").distinct()[:CAMPAIGNS_AT_MOST]


def _added_fields(job: Job) -> Sequence[str]:
    job_type = job_types.get(job.type)
    return job_type(planned(job)).added_fields() if job_type and issubclass(job_type, AddsFields) else ()


def field_names(campaign: Campaign) -> list[str]:
    """Return the field names of a campaign's leads: from its forms, its value transforms and its enrichment jobs."""
    names = form_field_names(campaign)
    if campaign.use_value_transforms:
        transforms = ValueTransform.objects.filter(campaign=campaign).order_by("position", "pk")
        names += [transform.new_field for transform in transforms]
    jobs = Job.objects.filter(campaign=campaign, removed_at=None, category=Job.Category.ENRICHMENT)
    for job in jobs.select_related("group").prefetch_related("conditions"):
        names += _added_fields(job)
    return list(dict.fromkeys(names))
