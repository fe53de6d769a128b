"""Leads that are on hold: because their campaign had no job, or over delivery."""

from django.db import transaction

from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from leads import bulk
from leads.models import BulkAction
from processr.bulk import ProcessHeld, ReleaseHeld
from processr.models import Job
from processr.selectors import held_over_delivery, held_without_job
from processr.services.locking import PAGE


def process_held(campaign_id: int, *, actor: Actor) -> BulkAction:
    """Queue the leads that are on hold because there was no job.

    A few are queued before this returns; more become a background run. One run takes at most `bulk.AT_MOST` leads,
    those with the lowest ids.
    """
    return bulk.run_if_few(_begin_action(Campaign.objects.get(pk=campaign_id), actor))


@transaction.atomic
def _begin_action(campaign: Campaign, actor: Actor) -> BulkAction:
    if not Job.objects.filter(campaign=campaign, enabled=True, removed_at=None).exists():
        raise DomainError("Add a job first: without one the leads would be held again.", status=409)
    held = held_without_job(campaign)
    if not held.exists():
        raise DomainError("No lead of this campaign is on hold for want of a job.", status=409)
    excess = held.values_list("pk", flat=True)[bulk.AT_MOST : bulk.AT_MOST + 1]
    if excess:
        held = held.filter(pk__lt=excess[0])
    source = {"held leads of campaign": campaign.pk}
    action = bulk.begin_for_query(ProcessHeld.key, held, actor=actor, source=source)
    after = {"leads": action.total}
    audit.record(actor=actor, page=PAGE, action="held leads processed", obj=campaign, campaign_id=campaign.pk, after=after)
    return action


def release_held(campaign_id: int, n: int | None = None, *, actor: Actor) -> BulkAction:
    """Release leads that are held over delivery, the oldest first: so many, or all.

    A few are released before this returns; more become a background run. One run takes at most `bulk.AT_MOST` leads.
    """
    return bulk.run_if_few(_begin_release(Campaign.objects.get(pk=campaign_id), n, actor))


@transaction.atomic
def _begin_release(campaign: Campaign, n: int | None, actor: Actor) -> BulkAction:
    if n is not None and n < 1:
        raise DomainError("Release at least one lead.", field="n")
    held = held_over_delivery(campaign)
    if not held.exists():
        raise DomainError("No lead of this campaign is held over delivery.", status=409)
    most = min(n or bulk.AT_MOST, bulk.AT_MOST)
    excess = held.values_list("pk", flat=True)[most : most + 1]
    if excess:
        held = held.filter(pk__lt=excess[0])
    action = bulk.begin_for_query(ReleaseHeld.key, held, actor=actor, source={"leads over delivery of campaign": campaign.pk})
    after = {"leads": action.total, "asked for": n or "all"}
    audit.record(actor=actor, page=PAGE, action="held leads released", obj=campaign, campaign_id=campaign.pk, after=after)
    return action
