"""Finding what users are to be alerted to, in a fixed number of statements whatever the number of leads."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from django.db.models import OuterRef, Q, Subquery, Sum
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.selectors import is_active
from integrations.alerts.telling import CAP, INVALID_RATE, NO_LEADS, PROVIDER, Alert, forget_others, tell
from integrations.destinations.selectors import Period, local_now, periods
from integrations.models import CampaignAlerts, Destination, SentCount, ToldAlert
from leads.models import DailyTally, Lead, TallyDelta
from leads.statuses import CurrentStatus
from processr.job_types.registry import job_types
from processr.models import Job, JobTally

NEARLY = 80
"""The percentage of a cap at which users are alerted."""
KEPT = timedelta(days=70)
"""How long an alert of a period is remembered: longer than the longest period."""
JUDGED = (CurrentStatus.VALID, CurrentStatus.CAUTION, CurrentStatus.INVALID)


def find_alerts() -> int:
    """Give the alerts that are due, and return their number."""
    now, today = timezone.now(), local_now().date()
    ToldAlert.objects.filter(Q(key__startswith=f"{CAP} ") | Q(key__startswith=f"{INVALID_RATE} "), at__lt=now - KEPT).delete()
    number = sum(map(tell, [*caps_nearly_reached(today), *high_invalid_rates(now, today)]))
    for kind, found in ((NO_LEADS, list(silent_campaigns(now))), (PROVIDER, list(providers_down()))):
        forget_others(kind, [alert.subject for alert in found])
        number += sum(map(tell, found))
    return number


def caps_nearly_reached(today: date) -> Iterator[Alert]:
    """Yield an alert for each cap of which 80 % is sent in the present day, week or month."""
    current = periods(today)
    has_cap = Q(cap_day__isnull=False) | Q(cap_week__isnull=False) | Q(cap_month__isnull=False)
    capped = Destination.objects.filter(has_cap).select_related("job__campaign", "event__campaign").in_bulk()
    days = SentCount.objects.filter(destination__in=capped, day__gte=min(period.since for period in current), day__lte=today)
    sums = {period.cap_field: Sum("n", filter=Q(day__gte=period.since), default=0) for period in current}
    for destination_id, *sent_in in days.values_list("destination").annotate(**sums):
        destination = capped[destination_id]
        for period, sent in zip(current, sent_in, strict=True):
            cap = getattr(destination, period.cap_field)
            if cap and sent * 100 >= cap * NEARLY:
                yield _cap_alert(destination, period, sent, cap)


def _cap_alert(destination: Destination, period: Period, sent: int, cap: int) -> Alert:
    owner = destination.owner
    text = f"{owner.label} of {owner.campaign.name} has been sent {sent:,} of {cap:,} this {period.key} ({sent * 100 // cap} %)."
    url = reverse("integration_sending" if destination.job_id else "event_sending", args=[owner.campaign_id, owner.pk])
    return Alert(CAP, f"{destination.pk} {period.key} {period.since}", owner.campaign, text, url)


def silent_campaigns(now: datetime) -> Iterator[Alert]:
    """Yield an alert for each active campaign that has had no lead for as long as its users said.

    The time begins anew when the campaign, or these settings, are changed, so that nobody is alerted to a pause.
    """
    watched = Campaign.objects.filter(is_active(now), is_template=False, alerts__no_lead_hours__isnull=False)
    newest = Lead.objects.filter(campaign=OuterRef("pk"), deleted_at=None).order_by("-pk").values("created_at")[:1]
    for campaign in watched.select_related("alerts").annotate(newest=Subquery(newest)):
        since = max(filter(None, [campaign.newest, campaign.start, campaign.updated_at, campaign.alerts.changed_at]))
        hours = campaign.alerts.no_lead_hours or 0
        if now - since >= timedelta(hours=hours):
            text = f"{campaign.name} has had no lead for {hours} hour{'' if hours == 1 else 's'}."
            yield Alert(NO_LEADS, str(campaign.pk), campaign, text, reverse("campaign", args=[campaign.pk]))


def high_invalid_rates(now: datetime, today: date) -> Iterator[Alert]:
    """Yield an alert for each active campaign of whose leads of today more are Invalid than its users said."""
    watched = Campaign.objects.filter(is_active(now), is_template=False).exclude(
        Q(alerts__isnull=False) & Q(alerts__invalid_percent__isnull=True)
    )
    campaigns = watched.select_related("alerts").in_bulk()
    usual = CampaignAlerts()
    for campaign_id, numbers in _judged_on(today, campaigns).items():
        campaign = campaigns[campaign_id]
        settings = getattr(campaign, "alerts", usual)
        judged, invalid = sum(numbers.values()), numbers.get(CurrentStatus.INVALID, 0)
        if settings.invalid_percent and judged >= settings.invalid_at_least and invalid * 100 > judged * settings.invalid_percent:
            text = f"{invalid:,} of {judged:,} leads of {campaign.name} that came in today are Invalid ({invalid * 100 // judged} %)."
            url = f"{reverse('campaign_leads', args=[campaign_id])}?status=invalid"
            yield Alert(INVALID_RATE, f"{campaign_id} {today}", campaign, text, url)


def _judged_on(day: date, campaign_ids: Iterable[int]) -> Mapping[int, Mapping[str, int]]:
    """Return the numbers of judged leads by campaign and status, from the tallies and their deltas."""
    numbers: dict[int, dict[str, int]] = {}
    for table in (DailyTally, TallyDelta):
        rows = table.objects.filter(campaign_id__in=list(campaign_ids), day=day, current_status__in=JUDGED)
        for campaign_id, status, n in rows.values_list("campaign_id", "current_status").annotate(Sum("n")):
            of_campaign = numbers.setdefault(campaign_id, {})
            of_campaign[status] = of_campaign.get(status, 0) + n
    return numbers


def providers_down() -> Iterator[Alert]:
    """Yield an alert for each job that asks a provider and could not check its last leads, since it was changed last."""
    asking = [job_type.key for job_type in job_types if job_type.is_outgoing and job_type.category != Job.Category.INTEGRATION]
    tallies = JobTally.objects.filter(failing_since__isnull=False)
    failing = Job.objects.filter(pk__in=tallies.values("job_id"), type__in=asking, enabled=True, removed_at=None)
    failing_since = dict(tallies.filter(job_id__in=failing.values("pk")).values_list("job_id", "failing_since"))
    for job in failing.select_related("campaign"):
        since = failing_since.get(job.pk)
        if since and since > job.updated_at:
            text = f"{job.label} of {job.campaign.name} could not check the last leads: its provider did not answer as expected."
            url = f"{reverse('processr', args=[job.campaign_id])}?tab={job.category}#job-{job.pk}"
            yield Alert(PROVIDER, str(job.pk), job.campaign, text, url)
