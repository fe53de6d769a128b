"""Receiving feedback, deciding on what waits, and changing policies. Each call is one transaction.

Locks are taken in the order of the whole product: the quota of an integration, leads by id, contracts and campaigns. Whoever
writes feedback on a delivery, or marks the delivery as taken back, holds the lock of its lead, so that neither is locked itself.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from config.core import audit, enterprise
from config.core.actor import Actor
from config.core.background.clock import database_now
from config.core.background.locks import named_key
from config.core.errors import DomainError
from integrations.feedback.decide import FeedbackDecision, FeedbackFacts, decide, decide_again
from integrations.feedback.policy import FeedbackPolicyRules, ReturnReason
from integrations.feedback.requests import FeedbackRequest, FeedbackType
from integrations.feedback.selectors import delivery_of_event, policy_in_force, rules_of
from integrations.models import Delivery, Feedback, SentCount
from leads import lifecycle
from leads.lifecycle import notes
from leads.lifecycle.state import LeadState, lock_states
from leads.models import Lead, LeadNote
from leads.privacy import own_reason
from leads.statuses import SecondCheck
from processr.models import Event, Job

AT_MOST = 2_000
"""The most feedback that one call decides on."""
LONGEST_REMARK = 2_000
PAGE = "Feedback"
RECEIVER = Actor("Feedback")
UNKNOWN = "There is no delivery with this event ID."
NOT_FOUND, DECIDED = "not found", "decided already"
REFUSED_BY_PERSON = own_reason("Refused by whoever manages the campaign")
State = Feedback.State
_TAKEN = (State.ACCEPTED, State.WAITING)
_OUTCOMES = {
    State.ACCEPTED: Event.Conclusion.SUCCESS,
    State.REFUSED: Event.Conclusion.FAILURE,
    State.WAITING: Event.Conclusion.FAILURE,
}


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """The row that was written, with what the caller is told."""

    feedback: Feedback
    decision: FeedbackDecision


@dataclass(frozen=True, slots=True)
class DecidedFeedback:
    """The result of a call: the ids that were decided on, and reasons by id of the others."""

    ids: list[int]
    refused: dict[int, str] = field(default_factory=dict)


@transaction.atomic
def receive_feedback(
    request: FeedbackRequest, *, ip: str | None = None, came_by: str = Feedback.CameBy.API, received_at: datetime | None = None
) -> FeedbackResult:
    """Decide on feedback by the policy in force, record it, and do what an accepted return does.

    Raise DomainError with status 404 if no delivery of a lead that is there has the event id.
    """
    received_at = received_at or database_now()
    delivery = delivery_of_event(request.event_id)
    if delivery is None:
        raise DomainError(UNKNOWN, status=404)
    policy = policy_in_force(delivery.job_id)
    rules = rules_of(policy)
    if rules.quota and request.type == FeedbackType.RETURN:
        _lock_quota(delivery.job_id)
    lead = lock_states([delivery.lead_id]).get(delivery.lead_id)
    if lead is None or lead.deleted_at:
        raise DomainError(UNKNOWN, status=404)
    delivery.refresh_from_db(fields=["state", "sent_at", "taken_back_at"])
    first = _repeated(delivery, request.type) if rules.takes(request.type) else None
    decision = (
        decide_again(State(first.state), conflict=first.conflict)
        if first
        else decide(rules, facts_of(request, rules, delivery, received_at))
    )
    actor = Actor(RECEIVER.name, ip=ip)
    if decision.state == State.ACCEPTED and first is None and request.type == FeedbackType.RETURN and rules.flag_invalid:
        _flag_returned([lead.id], decision.meaning, request.reason, actor=actor)
    feedback = Feedback.objects.create(
        delivery=delivery,
        lead_id=lead.id,
        job_id=delivery.job_id,
        campaign_id=lead.campaign_id,
        publisher_id=lead.publisher_id,
        type=request.type.value,
        reason=request.reason,
        state=decision.state,
        refused_because="" if decision.state == State.WAITING else decision.reason[:300],
        explanation=decision.explanation(),
        policy=policy,
        repeats=first,
        conflict=decision.conflict,
        received_at=received_at,
        came_by=came_by,
    )
    _record(feedback, delivery.job, lead, decision.reason, actor=actor)
    return FeedbackResult(feedback, decision)


def facts_of(request: FeedbackRequest, rules: FeedbackPolicyRules, delivery: Delivery, received_at: datetime) -> FeedbackFacts:
    """Return the facts that the rules ask for. The caller holds the locks, unless it only shows what would be decided."""
    is_sent = delivery.state == Delivery.State.SENT and not delivery.taken_back_at
    opposite = FeedbackType.CONVERSION if request.type == FeedbackType.RETURN else FeedbackType.RETURN
    opposed = Feedback.objects.filter(delivery=delivery, type=opposite.value, state=State.ACCEPTED).exists()
    returns, sent = _of_quota(rules, delivery.job_id, received_at) if is_sent and request.type == FeedbackType.RETURN else (0, 0)
    return FeedbackFacts(
        request.type,
        request.reason,
        received_at,
        sent_at=delivery.sent_at if is_sent else None,
        values=_values_of(delivery.lead_id) if rules.rules else {},
        returns=returns,
        sent=sent,
        opposed=opposed,
    )


def approve(feedback_ids: Collection[int], *, actor: Actor, remark: str = "") -> DecidedFeedback:
    """Accept returns that wait for approval, with all that an accepted return does."""
    return _decide_waiting(feedback_ids, State.ACCEPTED, actor=actor, remark=remark)


def refuse(feedback_ids: Collection[int], *, actor: Actor, remark: str = "") -> DecidedFeedback:
    """Refuse returns that wait for approval. Their leads stay as they are."""
    return _decide_waiting(feedback_ids, State.REFUSED, actor=actor, remark=remark)


def _lock_quota(job_id: int) -> None:
    """Let one return at a time be counted. The lock comes before those of rows, and ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [named_key("returns of integration", job_id)])


def _of_quota(rules: FeedbackPolicyRules, job_id: int, received_at: datetime) -> tuple[int, int]:
    """Return how many returns were taken in the period of the quota, as far as they matter, and how many leads were sent in it."""
    if rules.quota is None:
        return 0, 0
    since = rules.quota.since(received_at.astimezone(enterprise.zone()))
    sent = 0
    if rules.quota.percent is not None:
        days = SentCount.objects.filter(destination__job=job_id, day__gte=since.date())
        sent = sum(days.values_list("n", flat=True))
    taken = Feedback.objects.filter(job=job_id, type=FeedbackType.RETURN.value, state__in=_TAKEN, repeats=None, received_at__gte=since)
    return taken.order_by()[: rules.quota.limit(sent)].count(), sent


def _values_of(lead_id: int) -> Mapping[str, str]:
    captured, transformed, enriched = Lead.objects.values_list("captured", "transformed", "enriched").get(pk=lead_id)
    return {**enriched, **captured, **transformed}


def _repeated(delivery: Delivery, feedback_type: FeedbackType) -> Feedback | None:
    taken = Feedback.objects.filter(delivery=delivery, type=feedback_type.value, state__in=_TAKEN, repeats=None)
    return taken.order_by("pk").first()


def _flag_returned(lead_ids: list[int], meaning: ReturnReason, words: str, *, actor: Actor) -> None:
    """Flag leads as Invalid, also those that were so for another reason (decision 37). The move reverses what is billed."""
    lifecycle.flag(lead_ids, SecondCheck.INVALID, actor=actor, reason=meaning.reason, category=meaning.category, comment=words)


def _record(feedback: Feedback, job: Job, lead: LeadState, reason: str, *, actor: Actor) -> None:
    """Write the event and the note of feedback. The event id is left out of both."""
    outcome = _OUTCOMES[State(feedback.state)]
    _write_events([_event(feedback, lead.processing_counter, outcome, reason)])
    changes = {lead.id: [[f"Feedback from {job.label}", "", _in_words(feedback)]]}
    notes.add(changes, kind=LeadNote.Kind.FEEDBACK, actor=actor, reason=feedback.reason, comment=reason)


def _in_words(feedback: Feedback) -> str:
    """Return the feedback in words, such as "Return accepted, repeated"."""
    words = f"{Feedback.Type(feedback.type).label} {State(feedback.state).label.lower()}"
    marks = [mark for mark, holds in (("repeated", feedback.repeats_id), ("in conflict", feedback.conflict)) if holds]
    return ", ".join([words, *marks])


def _event(feedback: Feedback, run_number: int, outcome: Event.Conclusion, reason: str) -> Event:
    source = {
        "feedback": feedback.pk,
        "delivery": feedback.delivery_id,
        "type": feedback.type,
        "publisher": feedback.publisher_id,
        "policy": feedback.policy.version if feedback.policy else None,
    }
    return Event(
        lead_id=feedback.lead_id,
        campaign_id=feedback.campaign_id,
        kind=Event.Kind.FEEDBACK,
        outcome=outcome,
        reason=reason,
        job_id=feedback.job_id,
        run_number=run_number,
        started_at=feedback.decided_at or feedback.received_at,
        source=source,
    )


def _write_events(events: list[Event]) -> None:
    Event.objects.bulk_create(events)


@transaction.atomic
def _decide_waiting(feedback_ids: Collection[int], state: Feedback.State, *, actor: Actor, remark: str) -> DecidedFeedback:
    """Decide on what waits, by the policy that it came under. What repeats it is decided with it."""
    remark = remark.strip()
    if len(feedback_ids) > AT_MOST:
        raise ValueError(f"at most {AT_MOST} a call, {len(feedback_ids)} were given")
    if len(remark) > LONGEST_REMARK:
        raise DomainError(f"A remark has at most {LONGEST_REMARK:,} characters.", field="remark")
    given = Feedback.objects.filter(pk__in=feedback_ids)
    leads = lock_states(sorted(set(given.values_list("lead_id", flat=True))))
    rows = {row.pk: row for row in given.select_related("job", "policy").order_by("pk") if not leads[row.lead_id].deleted_at}
    refused = {pk: NOT_FOUND if pk not in rows else DECIDED for pk in feedback_ids if pk not in rows or not _is_open(rows[pk])}
    decided = [row for pk, row in rows.items() if pk not in refused]
    if not decided:
        return DecidedFeedback([], refused)
    conflicts = _conflicts(decided) if state == State.ACCEPTED else set()
    now, reason = database_now(), REFUSED_BY_PERSON if state == State.REFUSED else ""
    for row in decided:
        row.state, row.refused_because, row.remark, row.decided_at = state, reason, remark, now
        row.decided_by_id, row.decided_by_name, row.conflict = actor.user_id, actor.name, row.conflict or row.delivery_id in conflicts
    if state == State.ACCEPTED:
        _flag_approved(decided, actor=actor)
    Feedback.objects.bulk_update(
        decided, ["state", "refused_because", "remark", "decided_at", "decided_by_id", "decided_by_name", "conflict"], batch_size=500
    )
    ids, deliveries = [row.pk for row in decided], {row.delivery_id for row in decided}
    Feedback.objects.filter(delivery__in=deliveries, repeats__in=ids, state=State.WAITING).update(
        state=state,
        refused_because=reason,
        remark=remark,
        decided_at=now,
        decided_by_id=actor.user_id,
        decided_by_name=actor.name,
    )
    _record_decisions(decided, leads, reason, actor=actor, remark=remark)
    return DecidedFeedback(ids, refused)


def _is_open(feedback: Feedback) -> bool:
    return feedback.state == State.WAITING and feedback.repeats_id is None


def _conflicts(returns: Collection[Feedback]) -> set[int]:
    """Return the deliveries of which a conversion was accepted, perhaps while the return waited."""
    of_them = Feedback.objects.filter(delivery__in=[row.delivery_id for row in returns])
    converted = of_them.filter(type=Feedback.Type.CONVERSION, state=State.ACCEPTED)
    return set(converted.values_list("delivery_id", flat=True))


def _flag_approved(returns: Collection[Feedback], *, actor: Actor) -> None:
    """Flag the leads, those with the same flag together."""
    alike: dict[tuple[ReturnReason, str], list[int]] = defaultdict(list)
    for row in returns:
        rules = rules_of(row.policy)
        if rules.flag_invalid:
            alike[rules.reason_meant(row.reason) or ReturnReason(row.reason), row.reason].append(row.lead_id)
    for (meaning, words), lead_ids in alike.items():
        _flag_returned(sorted(set(lead_ids)), meaning, words, actor=actor)


def _record_decisions(rows: list[Feedback], leads: Mapping[int, LeadState], reason: str, *, actor: Actor, remark: str) -> None:
    outcome = _OUTCOMES[State(rows[0].state)]
    _write_events([_event(row, leads[row.lead_id].processing_counter, outcome, reason) for row in rows])
    changes: dict[int, list[list]] = defaultdict(list)
    for row in rows:
        changes[row.lead_id].append([f"Feedback from {row.job.label}", State.WAITING.label, _in_words(row)])
    notes.add(changes, kind=LeadNote.Kind.FEEDBACK, actor=actor, reason=reason, comment=remark)
    campaigns = {row.campaign_id for row in rows}
    audit.record(
        actor=actor,
        page=PAGE,
        action="returns approved" if rows[0].state == State.ACCEPTED else "returns refused",
        after={"feedback": [row.pk for row in rows], "remark": remark},
        severity="medium",
        campaign_id=campaigns.pop() if len(campaigns) == 1 else None,
    )
