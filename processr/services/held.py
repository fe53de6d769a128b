"""Leads that are on hold because their campaign had no job."""

from django.db import transaction

from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from leads import bulk
from leads.models import BulkAction
from processr.bulk import ProcessHeld
from processr.models import Job
from processr.selectors import held_without_job
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
