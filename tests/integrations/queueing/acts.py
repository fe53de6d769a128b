"""Steps of senders as one-line functions, and the states of deliveries."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

from django.db.models.functions import Now
from django.utils import timezone

from integrations.delivery.queue import EXTRAS_KEY
from integrations.models import Delivery
from leads import lifecycle
from leads.models import Lead
from leads.statuses import Refusal
from processr.models import Job
from tests.leads.acts import judge_all

SENDS, FILE = "sends_one_by_one", "goes_by_file"
State = Delivery.State


def judged(campaign, make_leads, n: int = 1, *, qa_status: str = "valid", **captured) -> list[Lead]:
    leads = make_leads(campaign, n, **captured)
    judge_all(campaign, qa_status)
    return leads


def states(lead: Lead, job: Job | None = None) -> list[tuple[int, str]]:
    """Return round and state of the lead's deliveries, by integration and round."""
    rows = Delivery.objects.filter(lead=lead, **({"job": job} if job else {}))
    return list(rows.order_by("job_id", "round").values_list("round", "state"))


def jobs_of(lead: Lead, state: str = State.QUEUED) -> list[int]:
    return list(Delivery.objects.filter(lead=lead, state=state).order_by("job_id").values_list("job_id", flat=True))


def asking_for(job_ids: Iterable[int]) -> dict[str, dict[int, list[int]]]:
    """Return the extras of a flag for integrations, open or not, each of its own campaign."""
    jobs = list(Job.objects.filter(pk__in=job_ids).order_by("pk"))
    return {
        EXTRAS_KEY: {
            campaign_id: [job.pk for job in jobs if job.campaign_id == campaign_id] for campaign_id in {job.campaign_id for job in jobs}
        }
    }


def taken(lead: Lead) -> None:
    """Claim the deliveries as a sender does, without recording a result."""
    due = Delivery.objects.filter(lead=lead, state=State.QUEUED, not_before__lte=Now())
    due.update(state=State.SENDING, claim=uuid4(), claimed_at=timezone.now(), held_for="")


def sent(lead: Lead) -> None:
    """Send what is queued."""
    taken(lead)
    sending = Delivery.objects.filter(lead=lead, state=State.SENDING)
    if sending.exists():
        refused = lifecycle.mark_sent([lead.pk], reason="CRM").refused
        too_late = refused.get(lead.pk) in (Refusal.NOT_VALID, Refusal.NOT_FOUND)
        sending.update(state=State.SENT, claim=None, sent_at=timezone.now(), arrived_while_not_valid=too_late)


def stuck(lead: Lead) -> None:
    taken(lead)
    Delivery.objects.filter(lead=lead, state=State.SENDING).update(state=State.NEEDS_PERSON, claim=None)


def filed(lead: Lead) -> None:
    """Put what is queued into a file."""
    Delivery.objects.filter(lead=lead, state=State.QUEUED, not_before__lte=Now()).update(state=State.IN_FILE, held_for="")


def delayed(lead: Lead) -> None:
    """Let what is queued wait for the process delay."""
    waiting = {"held_for": Delivery.HeldFor.PROCESS_DELAY, "not_before": timezone.now() + timedelta(hours=2)}
    Delivery.objects.filter(lead=lead, state=State.QUEUED).update(**waiting)


def given_up(lead: Lead) -> None:
    Delivery.objects.filter(lead=lead, state=State.NEEDS_PERSON).update(state=State.FAILED)
