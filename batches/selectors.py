"""The selectors of batches: every read goes through here, restricted to what the user may see (decision 52)."""

from django.db.models import Q, QuerySet

from batches.models import SentBatch
from batches.schedules import KEYS
from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from config.core.accounts import roles
from processr.models import Job

SEES_BATCHES = roles.MANAGES_CAMPAIGNS
SHOWN_PHASES = tuple(phase for phase in SentBatch.FileState if phase != SentBatch.FileState.EMPTY)


def batch_jobs_for(who: Who) -> QuerySet[Job]:
    """Return the jobs whose leads go out in files, on campaigns that `who` manages, with campaign, advertiser and schedule."""
    jobs = Job.objects.filter(_on_campaigns_of(who), category=Job.Category.INTEGRATION, type__in=KEYS, removed_at=None)
    return jobs.filter(campaign__is_template=False).select_related("campaign__advertiser", "batch_schedule")


def batches_for(who: Who) -> QuerySet[SentBatch]:
    """Return the batches of these campaigns, also of jobs that were removed since, without those that came to nothing."""
    batches = SentBatch.objects.filter(_on_campaigns_of(who, prefix="job__"), phase__in=SHOWN_PHASES)
    return batches.select_related("job__campaign__advertiser", "started_by")


def _on_campaigns_of(who: Who, *, prefix: str = "") -> Q:
    scope = scope_of(who)
    if who.role not in SEES_BATCHES or scope.nothing:
        return Q(pk__in=[])
    return Q() if scope.everything else Q(**{f"{prefix}campaign__in": Campaign.objects.filter(scope.campaigns())})


def may_act(who: Who) -> bool:
    """Return whether `who` may download, resend or build files, which hold all values unmasked (decision 52)."""
    return who.role in SEES_BATCHES - {roles.ADMIN_MASKED}
