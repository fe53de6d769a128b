"""The summary of an integration on the Processr page, and the consequences of removing it."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from campaigns.models import Campaign
from campaigns.selectors import ENDED, PAUSED, campaign_status
from config.core.lists import times
from integrations.models import Delivery, Destination
from integrations.models.destination import WaitReason
from integrations.selectors import Count, DeliveryHealth, health, open_deliveries
from processr.job_types.base import HealthFigure, JobHealth
from processr.job_types.registry import job_types
from processr.models import Job

SENT, WAITING, NEEDS_PERSON = "Sent", "Waiting", "Needs a person"
FIGURES = (SENT, WAITING, NEEDS_PERSON)
State = Delivery.State


def health_of_jobs(jobs: Sequence[Job]) -> dict[int, JobHealth]:
    states = health([job.pk for job in jobs])
    campaigns = Campaign.objects.in_bulk({job.campaign_id for job in jobs})
    destinations = {destination.job_id: destination for destination in Destination.objects.filter(job__in=jobs)}
    result = {}
    for job in jobs:
        state = states[job.pk]
        result[job.pk] = JobHealth(
            figures=_figures(job, state),
            badge=_badge(state),
            answer=state.answer,
            at=state.at,
            url=log_url(job),
            notice=_waiting_reason(job, state.waiting, campaigns[job.campaign_id]) or _rest_reason(destinations.get(job.pk)),
            links=_links(job),
        )
    return result


def removal_effects(job: Job) -> list[str]:
    open_count = open_deliveries(job)
    if not open_count.n:
        withdrawn = "No delivery is waiting for it."
    elif open_count.n == 1:
        withdrawn = "1 delivery that waits or needs a person will be withdrawn: it is never sent."
    else:
        withdrawn = f"{open_count} deliveries that wait or need a person will be withdrawn: they are never sent."
    return ["No lead is sent there from now on. What was sent stays sent, and its log stays readable.", withdrawn]


def log_url(job: Job, **query: str) -> str:
    address = reverse("deliveries", args=[job.campaign_id, job.pk])
    return f"{address}?{urlencode(query)}" if query else address


def _figures(job: Job, state: DeliveryHealth) -> dict[str, HealthFigure]:
    needs_person_url = f"{reverse('needs_person')}?{urlencode({'integration': job.pk})}"
    failed_before = f"; {state.failed:,} did so far" if state.failed else ""
    return {
        SENT: _figure(Count(state.sent), log_url(job, state=State.SENT), f"sent by {job.label}"),
        WAITING: _figure(state.waiting, log_url(job, state=State.QUEUED), f"waiting to be sent by {job.label}"),
        NEEDS_PERSON: _figure(state.needs_person, needs_person_url, f"of {job.label} need a person{failed_before}", look="caution"),
    }


def _figure(count: Count, url: str, description: str, look: str = "") -> HealthFigure:
    return HealthFigure(str(count), url if count.n else "", f"{count} {description}", look if count.n else "")


def _badge(state: DeliveryHealth) -> tuple[str, str]:
    if state.at is None:
        return "pending", "Nothing sent yet"
    return ("valid", "Accepted") if state.ok else ("invalid", "Failed")


def _links(job: Job) -> dict[str, str]:
    sends = getattr(job_types.get(job.type), "sends", False)
    rules = {"Sending rules": reverse("integration_sending", args=[job.campaign_id, job.pk])} if sends else {}
    return {**rules, "Feedback": reverse("integration_feedback", args=[job.campaign_id, job.pk])}


def _rest_reason(destination: Destination | None) -> str:
    """Return why nothing is sent for now, or an empty string."""
    if destination is None or not destination.waits_for or not destination.waits_until or destination.waits_until <= timezone.now():
        return ""
    if destination.waits_for == WaitReason.RATE:
        return ""  # within a minute it goes on
    reason = WaitReason(destination.waits_for).label
    return f"{reason}: it goes on {times.exact(destination.waits_until)}."


def _waiting_reason(job: Job, waiting: Count, campaign: Campaign) -> str:
    """Return why waiting deliveries are not sent, or an empty string."""
    if not waiting.n:
        return ""
    wait = "waits" if waiting.n == 1 else "wait"
    if not job.enabled:
        return f"Disabled: {waiting} {wait} until it is enabled again."
    if campaign.pause_integrations and campaign_status(campaign) in (PAUSED, ENDED):
        return f"The campaign's integrations are paused: {waiting} {wait} until they go on."
    return ""
