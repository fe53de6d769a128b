"""A delivery as pages show it: state, last answer and next attempt."""

from django.utils import timezone
from django.utils.safestring import SafeString

from config.core.lists import badges, times
from integrations.models import Delivery
from processr.job_types.base import job_types

State = Delivery.State
LOOKS = {
    State.QUEUED: "queued",
    State.SENDING: "processing",
    State.SENT: "delivered",
    State.FAILED: "failed",
    State.NEEDS_PERSON: "caution",
    State.WITHDRAWN: "not_billable",
}
TAKEN_BACK = "The lead was marked undelivered {}: this delivery counts no more"


def state_badge(delivery: Delivery) -> SafeString:
    look, word = LOOKS[State(delivery.state)], State(delivery.state).label
    if delivery.taken_back_at is None:
        return badges.badge(look, word)
    return badges.badge(look, word, heading=TAKEN_BACK.format(times.exact(delivery.taken_back_at)), key=f"{delivery.pk}-state")


def next_try(delivery: Delivery) -> SafeString | str:
    """Return when a queued delivery is tried next. A type that does not send by itself has no such time."""
    if delivery.state != State.QUEUED:
        return "—"
    if not delivery.job.enabled:
        return "When enabled"
    job_type = job_types.get(delivery.job.type)
    if not getattr(job_type, "sends", False):
        return "With the next file" if job_type else "—"
    return times.tag(delivery.not_before) if delivery.not_before > timezone.now() else "Now"


def integration_name(delivery: Delivery) -> str:
    """Return the label, with the reason if the integration does not send."""
    job = delivery.job
    if job.removed_at:
        return f"{job.label} (removed)"
    return job.label if job.enabled else f"{job.label} (disabled)"
