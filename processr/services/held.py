"""Leads that wait because there was no job for them."""

from campaigns.models import Campaign
from config.panel import audit
from config.panel.actor import Actor
from config.panel.errors import DomainError
from leads import lifecycle
from leads.statuses import HoldReason
from processr.models import Job
from processr.selectors import held_without_job
from processr.services.locking import PAGE


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
