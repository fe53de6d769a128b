"""The compilation of a plan from a campaign's jobs, groups and transforms.

A plan is compiled at the first run after a change, and never changes afterwards.
"""

import json
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Prefetch

from campaigns.models import Campaign
from config.core.sized_cache import sized_cache
from processr.models import GroupCondition, Job, Plan, ValueTransform
from processr.plans.plan import CompiledPlan, PlannedGroup, PlannedJob, PlannedTransform, condition_on, from_body

MOST_KEPT = 20_000_000
"""The size of all plans that a process keeps, in characters of their stored form."""


def _size_of(plan: CompiledPlan) -> int:
    return len(json.dumps(plan.body()))


def current_plan(campaign_id: int) -> CompiledPlan:
    """Return the campaign's current plan, with one small query if this process has loaded the plan before."""
    number = Campaign.objects.values_list("plan_number", flat=True).get(pk=campaign_id)
    try:
        return _stored_plan(campaign_id, number)
    except Plan.DoesNotExist:
        return _compile_plan(campaign_id)


@sized_cache(most=MOST_KEPT, size_of=_size_of)
def _stored_plan(campaign_id: int, number: int) -> CompiledPlan:
    """Return a stored plan. It is cached by number, since a plan never changes.

    Raise Plan.DoesNotExist for a plan that is not compiled yet, which is not cached.
    """
    return from_body(Plan.objects.values_list("body", flat=True).get(campaign=campaign_id, number=number))


@transaction.atomic
def _compile_plan(campaign_id: int) -> CompiledPlan:
    """Compile and store the plan under the campaign's lock.

    Every change takes this lock too, so a plan holds all of a change or nothing of it.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    body = snapshot(campaign).body()
    plan, _ = Plan.objects.get_or_create(campaign=campaign, number=campaign.plan_number, defaults={"body": body})
    return from_body(plan.body)


def snapshot(campaign: Campaign) -> CompiledPlan:
    """Return the plan that a run starting now would follow."""
    conditions = Prefetch("conditions", GroupCondition.objects.order_by("pk"))
    jobs = Job.objects.filter(campaign=campaign, enabled=True, removed_at=None).order_by("stage", "pk")
    transforms: Iterable[ValueTransform] = ()
    if campaign.use_value_transforms:
        transforms = ValueTransform.objects.filter(campaign=campaign).order_by("position", "pk")
    return CompiledPlan(
        campaign_id=campaign.pk,
        advertiser_id=campaign.advertiser_id,
        number=campaign.plan_number,
        threshold=campaign.threshold,
        test_mode=campaign.test_mode,
        jobs=tuple(planned(job) for job in jobs.select_related("group").prefetch_related(conditions)),
        transforms=tuple(PlannedTransform(row.pk, row.label, row.type, row.source_field, row.new_field, row.config) for row in transforms),
    )


def planned(job: Job) -> PlannedJob:
    """Return the job as part of a plan. Its group and conditions are queried unless they were fetched with it."""
    return PlannedJob(
        id=job.pk,
        type=job.type,
        category=job.category,
        label=job.label,
        stage=job.stage,
        score=job.score,
        hardfail=job.hardfail,
        on_error=job.on_error,
        after_enrichment=job.after_enrichment,
        config=job.config,
        group=PlannedGroup(job.group.pk, job.group.name, job.group.score) if job.group else None,
        conditions=tuple(condition_on(row.field, row.values) for row in job.conditions.all()),
        credential_id=job.credential_id,
    )
