"""A delivery as pages show it: state, next attempt and attempts so far. The exact exchange is for few users (decision 20)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString

from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import PROVIDER_LOGS
from config.core.lists import badges, times
from config.core.lists.markup import markup
from integrations.models import Delivery, Destination
from integrations.models.destination import WaitReason
from leads.models import Lead
from leads.privacy import sees_provider_logs, viewing
from processr.job_types.registry import job_types
from processr.models import Event
from processr.services.log_reading import record_reading

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
WAITS = {
    WaitReason.UNREACHABLE: "it does not answer",
    WaitReason.RATE: "limit a minute",
    WaitReason.HOURS: "delivery hours",
    WaitReason.CAP: "cap",
}
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
    return due_time(delivery.not_before, getattr(delivery.job, "destination", None))


def due_time(not_before: datetime, destination: Destination | None) -> SafeString | str:
    """Return when something is sent whose own time is `not_before`: not before its destination is served again."""
    if destination and destination.is_waiting and destination.waits_until and destination.waits_until > not_before:
        return markup("{} ({})", times.tag(destination.waits_until), WAITS[WaitReason(destination.waits_for)])
    return times.tag(not_before) if not_before > timezone.now() else "Now"


def integration_name(delivery: Delivery) -> str:
    """Return the label, with the reason if the integration does not send."""
    job = delivery.job
    if job.removed_at:
        return f"{job.label} (removed)"
    return job.label if job.enabled else f"{job.label} (disabled)"


def attempts_context(request: UserRequest, events: Iterable[Event], lead: Lead | None) -> dict[str, Any]:
    """Return the context of `integrations/_attempts.html`. Exchanges that it shows about a lead are recorded as read (decision 20)."""
    sees_exchanges = sees_provider_logs(request.user)
    attempts = [
        AttemptRow(event, OUTCOMES[Event.Conclusion(event.outcome)], event.message if sees_exchanges else "") for event in events
    ]  # fmt: skip
    if lead and any(attempt.exchange for attempt in attempts):
        actor = actor_of(request)
        viewing.record_view(request.user, lead, actor=actor)
        record_reading(actor, lead)
    refusal = PROVIDER_LOGS.lifts("The exact exchange is kept in the Provider Logs, for those who may read them.")
    return {"attempts": attempts, "sees_exchanges": sees_exchanges, "exchange_refusal": refusal}
