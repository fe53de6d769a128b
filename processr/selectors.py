"""The one door for reading jobs and runs; it knows who asks."""

from django.db.models import QuerySet

from campaigns.models import Campaign
from campaigns.scope import Who
from campaigns.selectors import campaigns_for
from config.panel import roles
from leads.models import Lead
from leads.selectors import leads_for
from leads.statuses import HoldReason, ProcessrStatus
from processr.models import Event, Job


def jobs_for(who: Who) -> QuerySet[Job]:
    """Jobs on campaigns that `who` sees; publishers see the rules that are shown to them."""
    jobs = Job.objects.filter(removed_at=None, campaign__in=campaigns_for(who))
    return jobs.filter(visible=True) if who.role == roles.PUBLISHER else jobs


def runs_for(who: Who, lead: Lead) -> QuerySet[Event]:
    """The runs over a lead, the last one first; nothing when `who` does not see the lead."""
    seen = leads_for(who).filter(pk=lead.pk).exists()
    return Event.objects.filter(lead_id=lead.pk, kind=Event.Kind.FLOW).order_by("-pk") if seen else Event.objects.none()


def held_without_job(campaign: Campaign) -> QuerySet[Lead]:
    """What *Process N held leads* would process."""
    return Lead.objects.filter(
        campaign=campaign, processr_status=ProcessrStatus.HELD, hold_reason=HoldReason.NO_JOB, deleted_at=None
    ).order_by("pk")
