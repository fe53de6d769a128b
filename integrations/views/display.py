"""A delivery as pages show it: state, next attempt and attempts so far. The exact exchange is for few users (decision 20)."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString

from config.core.lists import badges, times
from config.core.lists.markup import markup
from config.core.models import User
from integrations.models import Delivery
from integrations.selectors import attempts_of
from leads.privacy import sees_provider_logs
from processr.job_types.registry import job_types
from processr.models import Event

State = Delivery.State
BADGE_KINDS = {
    State.QUEUED: "queued",
    State.SENDING: "processing",
    State.IN_FILE: "processing",
    State.SENT: "delivered",
    State.FAILED: "failed",
    State.NEEDS_PERSON: "caution",
    State.WITHDRAWN: "not_billable",
}
HELD, ARRIVED = "Held over delivery", "Sent, not Valid"
ARRIVED_WORDS = "It arrived while the lead was not Valid: the lead is Delivered once it is Valid again, and not sent a second time"
TAKEN_BACK = "The lead was marked undelivered {}: this delivery counts no more"

OUTCOMES = {
    Event.Conclusion.SUCCESS: ("valid", "Sent"),
    Event.Conclusion.ERROR: ("caution", "To be tried again"),
    Event.Conclusion.FAILURE: ("invalid", "Needed a person"),
    Event.Conclusion.SKIP: ("pending", "Withdrawn meanwhile"),
}


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt. `exchange` is what was sent and answered, without secrets; it is empty for users who may not read it."""

    event: Event
    badge: tuple[str, str]
    exchange: str


def state_badge(delivery: Delivery) -> SafeString:
    state = State(delivery.state)
    if delivery.held_for == Delivery.HeldFor.OVER_DELIVERY and state == State.QUEUED:
        return badges.badge("held", HELD)
    if delivery.arrived_while_not_valid:
        return badges.badge("caution", ARRIVED, heading=ARRIVED_WORDS, key=f"{delivery.pk}-state")
    if delivery.taken_back_at is None:
        return badges.badge(BADGE_KINDS[state], state.label)
    heading = TAKEN_BACK.format(times.exact(delivery.taken_back_at))
    return badges.badge(BADGE_KINDS[state], state.label, heading=heading, key=f"{delivery.pk}-state")


def next_try(delivery: Delivery) -> SafeString | str:
    """Return when a queued delivery is tried next. A type that does not send by itself has no such time."""
    if delivery.state != State.QUEUED:
        return "—"
    if delivery.held_for == Delivery.HeldFor.OVER_DELIVERY:
        return "When released on the Processr page (held over delivery)"
    if not delivery.job.enabled:
        return "When enabled"
    job_type = job_types.get(delivery.job.type)
    if delivery.held_for == Delivery.HeldFor.PROCESS_DELAY and delivery.not_before > timezone.now():
        return markup("{} (process delay)", times.tag(delivery.not_before))
    if not getattr(job_type, "sends", False):
        return "With the next file" if job_type else "—"
    return times.tag(delivery.not_before) if delivery.not_before > timezone.now() else "Now"


def integration_name(delivery: Delivery) -> str:
    """Return the label, with the reason if the integration does not send."""
    job = delivery.job
    if job.removed_at:
        return f"{job.label} (removed)"
    return job.label if job.enabled else f"{job.label} (disabled)"


def attempt_rows(delivery: Delivery, user: User) -> list[AttemptRow]:
    shows_exchange = sees_provider_logs(user)
    return [
        AttemptRow(event, OUTCOMES[Event.Conclusion(event.outcome)], event.message if shows_exchange else "")
        for event in attempts_of(delivery)
    ]
