"""The holds of leads that follow from their deliveries: one that the Processr has completed can still wait (decision 12).

Each hold is a condition on deliveries, of which those count that are the last round of their integration and were not withdrawn:
a failure is over once the lead is sent again. Lists and files ask the same conditions.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Now

from integrations import texts
from integrations.base import types_sent_in_batches
from integrations.models import Delivery, Destination
from integrations.models.destination import WaitReason
from leads.extension_points import Hold, HoldWait, hold_reasons

AWAITING_BATCH, FAILED, SCHEDULED = "awaiting_batch", "integration_failed", "scheduled_delivery"
DELAYED = "Process delay"
WAITS = {WaitReason.HOURS: "Outside the delivery hours", WaitReason.CAP: "Cap of an integration reached"}
"""Why a lead waits for the destination of an integration, in words."""
State = Delivery.State


def waits_for_a_time() -> Q:
    """Return the condition on deliveries that are ready to be sent, and wait for a time of their lead or of their destination.

    A queued delivery whose time has come is one of these no longer, whatever held it until then. Few destinations wait for
    their hours or for a new period of a cap.
    """
    waiting = Destination.objects.filter(waits_for__in=(WaitReason.HOURS, WaitReason.CAP), waits_until__gt=Now(), job__isnull=False)
    delayed = Q(held_for=Delivery.HeldFor.PROCESS_DELAY, not_before__gt=Now())
    return Q(state=State.QUEUED) & (delayed | Q(job__in=waiting.values("job"), held_for=""))


def waits_for_a_batch() -> Q:
    return Q(state=State.QUEUED, job__type__in=types_sent_in_batches()) | Q(state=State.IN_FILE)


def has_failed() -> Q:
    return Q(state__in=(State.NEEDS_PERSON, State.FAILED))


CONDITIONS: Mapping[str, Callable[[], Q]] = {FAILED: has_failed, SCHEDULED: waits_for_a_time, AWAITING_BATCH: waits_for_a_batch}


def holds(lead_ids: Collection[int]) -> Mapping[int, Collection[str]]:
    """Return the hold reasons by lead id."""
    met = {key: Case(When(condition(), then=True), default=False, output_field=BooleanField()) for key, condition in CONDITIONS.items()}
    effective = Delivery.objects.filter(lead__in=lead_ids).exclude(state=State.WITHDRAWN)
    last = effective.order_by("lead_id", "job_id", "-round").distinct("lead_id", "job_id").annotate(**met)
    reasons: defaultdict[int, set[str]] = defaultdict(set)
    for lead_id, *values in last.values_list("lead", *met):
        reasons[lead_id].update(key for key, value in zip(met, values, strict=True) if value)
    return reasons


def last_rounds(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Return those for the lead of an outer query that count: of each integration, the last round that was not withdrawn."""
    effective = deliveries.exclude(state=State.WITHDRAWN)
    later = Delivery.objects.filter(lead=OuterRef("lead"), job=OuterRef("job"), round__gt=OuterRef("round"))
    return effective.filter(~Exists(later.exclude(state=State.WITHDRAWN)), lead=OuterRef("pk"))


def scheduled_waits(lead_id: int) -> list[HoldWait]:
    """Return what the deliveries of a lead wait for: each reason once, until the last of them is due, the earliest first.

    No integration is named, as a lead is seen by more people than its deliveries.
    """
    effective = Delivery.objects.filter(lead=lead_id).exclude(state=State.WITHDRAWN)
    is_waiting = Case(When(waits_for_a_time(), then=True), default=False, output_field=BooleanField())
    last = effective.order_by("job_id", "-round").distinct("job_id").annotate(is_waiting=is_waiting)
    columns = ("is_waiting", "held_for", "not_before", "job__destination__waits_for", "job__destination__waits_until")
    ends: dict[str, datetime] = {}
    for waits, held_for, not_before, waits_for, waits_until in last.values_list(*columns):
        if waits:
            reason, until = (DELAYED, not_before) if held_for == Delivery.HeldFor.PROCESS_DELAY else (WAITS[waits_for], waits_until)
            ends[reason] = max(until, ends.get(reason, until))
    return sorted((HoldWait(reason, until) for reason, until in ends.items()), key=lambda wait: wait.until)


def _exists(key: str) -> Callable[[], Exists]:
    """Return the function that returns the condition on Lead for a hold, as `holds` finds it."""
    return lambda: Exists(last_rounds(Delivery.objects.filter(CONDITIONS[key]())))


hold_reasons.register(
    Hold(FAILED, texts.INTEGRATION_FAILED, 600, holds, look="failed", condition=_exists(FAILED), words=texts.INTEGRATION_FAILED_WORDS)
)
hold_reasons.register(
    Hold(
        SCHEDULED,
        texts.SCHEDULED_DELIVERY,
        530,
        holds,
        look="queued",
        condition=_exists(SCHEDULED),
        words=texts.SCHEDULED_WORDS,
        waits=scheduled_waits,
    )  # fmt: skip
)
hold_reasons.register(
    Hold(
        AWAITING_BATCH, texts.AWAITING_BATCH, 540, holds, look="queued", condition=_exists(AWAITING_BATCH), words=texts.AWAITING_BATCH_WORDS
    )
)
