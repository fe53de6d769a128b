"""The summary of an integration on the Processr page, and the consequences of removing it."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.http import urlencode

from campaigns.models import Campaign
from campaigns.selectors import ENDED, PAUSED, campaign_status
from integrations.models import Delivery
from integrations.selectors import Count, health, open_deliveries
from integrations.selectors import DeliveryHealth as Counted
from processr.job_types.base import HealthFigure, JobHealth
from processr.models import Job

SENT, WAITING, NEEDS_PERSON = "Sent", "Waiting", "Needs a person"
FIGURES = (SENT, WAITING, NEEDS_PERSON)
State = Delivery.State


def glances(jobs: Sequence[Job]) -> dict[int, JobHealth]:
    counted = health([job.pk for job in jobs])
    campaigns = Campaign.objects.in_bulk({job.campaign_id for job in jobs})
    return {job.pk: _glance(job, counted[job.pk], campaigns[job.campaign_id]) for job in jobs}


def what_removal_does(job: Job) -> list[str]:
    queued = open_deliveries(job)
    return [
        "No lead is sent there from now on. What was sent stays sent, and its log stays readable.",
        _withdrawn(queued) if queued.n else "No delivery is waiting for it.",
    ]


def log_url(job: Job, **asked: str) -> str:
    address = reverse("deliveries", args=[job.campaign_id, job.pk])
    return f"{address}?{urlencode(asked)}" if asked else address


def _glance(job: Job, counted: Counted, campaign: Campaign) -> JobHealth:
    return JobHealth(
        figures={
            SENT: _figure(Count(counted.sent), log_url(job, state=State.SENT), f"sent by {job.label}"),
            WAITING: _figure(counted.waiting, log_url(job, state=State.QUEUED), f"waiting to be sent by {job.label}"),
            NEEDS_PERSON: _needs_person(job, counted),
        },
        badge=_badge(counted),
        told=counted.answer,
        at=counted.at,
        url=log_url(job),
        word=_word(job, counted.waiting, campaign),
    )


def _figure(count: Count, url: str, said: str, look: str = "") -> HealthFigure:
    return HealthFigure(str(count), url if count.n else "", f"{count} {said}", look if count.n else "")


def _needs_person(job: Job, counted: Counted) -> HealthFigure:
    so_far = f"; {counted.failed:,} did so far" if counted.failed else ""
    url = f"{reverse('needs_person')}?{urlencode({'integration': job.pk})}"
    return _figure(counted.needs_person, url, f"of {job.label} need a person{so_far}", look="caution")


def _badge(counted: Counted) -> tuple[str, str]:
    if counted.at is None:
        return "pending", "Nothing sent yet"
    return ("valid", "Accepted") if counted.ok else ("invalid", "Failed")


def _word(job: Job, waiting: Count, campaign: Campaign) -> str:
    """Return why waiting deliveries are not sent, or an empty string."""
    if not waiting.n:
        return ""
    wait = "waits" if waiting.n == 1 else "wait"
    if not job.enabled:
        return f"Disabled: {waiting} {wait} until it is enabled again."
    if campaign.pause_integrations and campaign_status(campaign) in (PAUSED, ENDED):
        return f"The campaign's integrations are paused: {waiting} {wait} until they go on."
    return ""


def _withdrawn(queued: Count) -> str:
    if queued.n == 1:
        return "1 delivery that waits or needs a person will be withdrawn: it is never sent."
    return f"{queued} deliveries that wait or need a person will be withdrawn: they are never sent."
