"""Recording attempts: leads first, then deliveries, then events and tallies, one batch in one transaction."""

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Generic
from uuid import UUID

import structlog
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from config.core.actor import SYSTEM
from config.core.background.clock import database_now
from config.core.background.db_retry import ConflictingWrite, again_after_conflict
from config.core.pg_text import without_unstorable
from integrations import texts
from integrations.base import AttemptResult
from integrations.delivery import claims, limits
from integrations.delivery.outcome import OUTCOMES, AttemptRecord, RowT, State, Transition, after_failure
from integrations.delivery.queue import Eligibility, eligibility, waits_with_lead
from integrations.models import UNTIL_RELEASED, Delivery, Message
from integrations.models.outbox_row import OutboxRow
from leads import lifecycle
from leads.lifecycle import notes
from leads.lifecycle.state import LeadState, lock_states
from leads.models import LeadNote
from leads.statuses import Refusal
from processr.job_types.exchange import BETWEEN
from processr.models import Event, Job, JobDelta

log = structlog.get_logger(__name__)

LONGEST_ANSWER = 300
GIVE_BACK_DELAY = timedelta(minutes=1)

# Locked in id order, as everywhere; only rows that are as they were found. One whose claim was lost had its attempt counted then.
_ENDS = """
WITH ends AS MATERIALIZED (
    SELECT e.* FROM unnest(
        %(ids)s::bigint[], %(found)s::text[], %(states)s::text[], %(due)s::timestamptz[], %(tried)s::boolean[], %(attempts)s::int[],
        %(answers)s::text[], %(statuses)s::smallint[], %(held_for)s::text[], %(not_valid)s::boolean[]
    ) AS e (id, found, state, not_before, tried, attempts, answer, status, held_for, not_valid)
    JOIN {table} AS d ON d.id = e.id
    WHERE d.state = e.found AND CASE e.found WHEN 'sending' THEN d.claim ELSE d.lost_claim END = %(token)s
    ORDER BY d.id FOR NO KEY UPDATE OF d
)
"""
_UPDATE: dict[type[OutboxRow], str] = {
    Delivery: "UPDATE integrations_delivery AS d SET held_for = e.held_for, arrived_while_not_valid = e.not_valid,",
    Message: "UPDATE integrations_message AS d SET",
}
_SET = """
    state = e.state, claim = NULL, claimed_at = NULL, not_before = coalesce(e.not_before, d.not_before),
    lost_claim = CASE WHEN %(worker_seems_dead)s THEN %(token)s WHEN e.state <> 'sent' AND e.found = 'sending' THEN d.lost_claim END,
    attempts = CASE WHEN e.tried THEN greatest(d.attempts, e.attempts + 1) ELSE e.attempts END, answer = coalesce(e.answer, d.answer),
    first_tried_at = CASE WHEN e.tried THEN coalesce(d.first_tried_at, d.claimed_at, %(now)s) ELSE d.first_tried_at END,
    answered_at = CASE WHEN e.tried THEN %(now)s ELSE d.answered_at END,
    status = CASE WHEN e.tried THEN e.status ELSE d.status END,
    sent_at = CASE WHEN e.state = 'sent' THEN %(now)s END
FROM ends AS e WHERE d.id = e.id RETURNING d.id
"""
EVENT_COLUMNS = (
    "id", "lead_id", "campaign_id", "kind", "outcome", "reason", "job_id", "run_number", "submitted_at", "started_at", "duration_ms",
    "source", "steps_run", "steps", "message",
)  # fmt: skip
_COPY_EVENTS = f"COPY processr_event ({', '.join(EVENT_COLUMNS)}) FROM STDIN"
_TALLY_COLUMNS = {
    Event.Conclusion.SUCCESS: "passed",
    Event.Conclusion.ERROR: "errored",
    Event.Conclusion.FAILURE: "failed",
    Event.Conclusion.SKIP: "skipped",
}


class Recorder(ABC, Generic[RowT]):
    """Records what became of the rows that a turn has claimed, for one receiver."""

    queue: ClassVar[str]
    """The key of its rows in files of answers that wait for the database."""
    model: ClassVar[type[OutboxRow]]

    @abstractmethod
    def receiver(self) -> dict[str, Any]:
        """Return what `of` makes the same recorder of."""

    @classmethod
    @abstractmethod
    def of(cls, receiver: Mapping[str, Any]) -> "Recorder[RowT]": ...

    @abstractmethod
    def record(self, records: Sequence[AttemptRecord[RowT]], *, token: UUID) -> None: ...

    @abstractmethod
    def give_back(self, rows: Sequence[RowT], *, token: UUID, later: bool, reason: str | None) -> None: ...


class DeliveryRecorder(Recorder[Delivery]):
    queue = "deliveries"
    model = Delivery

    def __init__(self, job: Job, *, safe_to_repeat: bool) -> None:
        self.job, self.safe_to_repeat = job, safe_to_repeat

    def receiver(self) -> dict[str, Any]:
        return {"job": self.job.pk, "safe_to_repeat": self.safe_to_repeat}

    @classmethod
    def of(cls, receiver: Mapping[str, Any]) -> "DeliveryRecorder":
        return cls(Job.objects.get(pk=receiver["job"]), safe_to_repeat=receiver["safe_to_repeat"])

    def record(self, records: Sequence[AttemptRecord[Delivery]], *, token: UUID) -> None:
        record_attempts(records, job=self.job, token=token, safe_to_repeat=self.safe_to_repeat)

    def give_back(self, rows: Sequence[Delivery], *, token: UUID, later: bool, reason: str | None) -> None:
        give_back(rows, job=self.job, token=token, later=later, reason=reason)


def record_attempts(
    records: Sequence[AttemptRecord[Delivery]], *, job: Job, token: UUID, safe_to_repeat: bool, worker_seems_dead: bool = False
) -> None:
    """Record the attempts claimed by the token.

    An attempt whose claim was lost is recorded as an event too, as the receiver was called all the same. The answer to
    it still counts, unless others have acted on the delivery since: then only the knowledge that it arrived does.
    With `worker_seems_dead` the token's worker may yet come with its answers.
    """
    if records:
        again_after_conflict(partial(_record, records, job, token, safe_to_repeat, worker_seems_dead))


def give_back(deliveries: Sequence[Delivery], *, job: Job, token: UUID, later: bool = True, reason: str | None = None) -> None:
    """Return deliveries without an attempt to the queue: at their old place, or with `later` due in a minute."""
    if deliveries:
        again_after_conflict(partial(_give_back, deliveries, job, token, GIVE_BACK_DELAY if later else None, reason))


@transaction.atomic
def _record(records: Sequence[AttemptRecord[Delivery]], job: Job, token: UUID, safe_to_repeat: bool, worker_seems_dead: bool) -> None:
    """Record the attempts, of leads that are locked before anything is decided.

    Marking leads as delivered may be refused: another integration was first, or the lead is no longer Valid or marked as a test by hand.
    """
    leads = lock_states([record.row.lead_id for record in records])
    standings = claims.claim_standings(token, [record.row for record in records])
    found = {record.row.pk: state_to_end(standings.get(record.row.pk), record.attempt.result) for record in records}
    arrived = [record for record in records if record.attempt.result is AttemptResult.SENT]
    failed = [record for record in records if record.attempt.result is not AttemptResult.SENT]
    too_late = _mark_sent([record.row.lead_id for record in arrived if found[record.row.pk]], job)
    still_eligible = _eligible_leads(leads, job) if failed else frozenset()
    now = database_now()
    transitions = [Transition(record.row, State.SENT, record=record, not_valid=record.row.lead_id in too_late) for record in arrived]
    for record in failed:
        if record.row.lead_id in still_eligible:
            transitions.append(after_failure(record, now=now, safe_to_repeat=safe_to_repeat))
        else:
            transitions.append(Transition(record.row, State.WITHDRAWN, record=record))
    ends = [replace(transition, found=found[transition.row.pk]) for transition in transitions]
    _write([_wait_with_lead(end, leads, job) for end in ends], job, token, now, worker_seems_dead=worker_seems_dead)


@transaction.atomic
def _give_back(deliveries: Sequence[Delivery], job: Job, token: UUID, wait: timedelta | None, reason: str | None) -> None:
    leads = lock_states([delivery.lead_id for delivery in deliveries])
    still_eligible = _eligible_leads(leads, job)
    standings = claims.claim_standings(token, deliveries)
    now = database_now()
    not_before = now + wait if wait else None
    transitions = []
    for delivery in deliveries:
        found = state_to_end(standings.get(delivery.pk), None)
        if delivery.lead_id in still_eligible:
            # What is untouched since its claim was lost has the answer that its worker stopped, which it has not.
            answer = "" if found != State.SENDING and reason is None else reason
            transitions.append(Transition(delivery, State.QUEUED, not_before, reason=answer, found=found))
        else:
            transitions.append(Transition(delivery, State.WITHDRAWN, found=found))
    _write([_wait_with_lead(transition, leads, job) for transition in transitions], job, token, now)


def _mark_sent(lead_ids: list[int], job: Job) -> frozenset[int]:
    """Mark leads as delivered. Return those that could not be delivered any more, with a note on each (decision 34)."""
    refused = lifecycle.mark_sent(lead_ids, reason=job.label).refused if lead_ids else {}
    too_late = frozenset(pk for pk, reason in refused.items() if reason in (Refusal.NOT_VALID, Refusal.NOT_FOUND))
    change = [f"Delivery to {job.label}", State.SENDING.label, State.SENT.label]
    if too_late:
        changes: Mapping[int, list[list]] = dict.fromkeys(sorted(too_late), [change])
        notes.add(changes, kind=LeadNote.Kind.DELIVERY, actor=SYSTEM, reason=texts.ARRIVED_WHILE_NOT_VALID)
    return too_late


def _wait_with_lead(transition: Transition[Delivery], leads: Mapping[int, LeadState], job: Job) -> Transition[Delivery]:
    """Return the transition; what goes back into the queue waits for its release where the lead is held by now."""
    if transition.state != State.QUEUED or not waits_with_lead(leads[transition.row.lead_id].axes(), job):
        return transition
    return replace(transition, not_before=UNTIL_RELEASED, held_for=Delivery.HeldFor.OVER_DELIVERY)


def state_to_end(standing: claims.ClaimStanding | None, result: AttemptResult | None) -> str | None:
    """Return the state of the delivery if the token may end it with this result, or untried with None."""
    if standing is None:
        return None
    if standing.is_claimed:
        return standing.state
    if result is AttemptResult.SENT:
        return standing.state if standing.state != State.SENT else None
    return standing.state if standing.is_untouched and result is not AttemptResult.UNCLEAR else None


def _eligible_leads(leads: Mapping[int, LeadState], job: Job) -> frozenset[int]:
    """Return the leads that would still be sent to the integration.

    Deliveries in state sending are not withdrawn when their lead changes, so this is checked here, under the locks of
    the leads and of the integration, which therefore cannot be removed meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT removed_at IS NOT NULL, deliver_test_leads FROM processr_job WHERE id = %s FOR SHARE", [job.pk])
        removed, accepts_tests = cursor.fetchone()
    if removed:
        return frozenset()
    accepted = {Eligibility.ALL, Eligibility.TESTS} if accepts_tests else {Eligibility.ALL}
    return frozenset(pk for pk, lead in leads.items() if eligibility(lead.axes()) in accepted)


def _write(transitions: Sequence[Transition[Delivery]], job: Job, token: UUID, now: datetime, *, worker_seems_dead: bool = False) -> None:
    """End the claims, count what was sent, and write an event and a tally of each attempt."""
    end_claims(transitions, token, now, worker_seems_dead=worker_seems_dead)
    limits.count_sent(sum(bool(end.found) and end.state == State.SENT for end in transitions), now, job_id=job.pk)
    tally: Counter[str] = Counter()
    events = []
    for transition, record in attempts_of(transitions):
        tally[_TALLY_COLUMNS[OUTCOMES[State(transition.state)]]] += 1
        events.append(_event(transition, record, job))
    if events:
        copy_events(events)
        JobDelta.objects.create(job_id=job.pk, **tally)


def end_claims(transitions: Sequence[Transition[Any]], token: UUID, now: datetime, *, worker_seems_dead: bool) -> None:
    """End the claims of rows of one table, all of which must be as they were found: their leads, or they themselves, are locked."""
    ends = [transition for transition in transitions if transition.found]
    if lost := len(transitions) - len(ends):
        log.warning("claim was lost while sending", rows=lost)
    if not ends:
        return
    (model,) = {type(end.row) for end in ends}
    parameters: dict[str, Any] = {
        "token": token,
        "now": now,
        "worker_seems_dead": worker_seems_dead,
        "ids": [end.row.pk for end in ends],
        "found": [end.found for end in ends],
        "states": [str(end.state) for end in ends],
        "due": [end.not_before for end in ends],
        "tried": [end.record is not None for end in ends],
        "attempts": [end.row.attempts for end in ends],
        "answers": [answer_of(end) for end in ends],
        "statuses": [end.record.attempt.status if end.record else None for end in ends],
        "held_for": [str(end.held_for) for end in ends],
        "not_valid": [end.not_valid for end in ends],
    }
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]  # our own engine's
        cursor.execute(_ENDS.format(table=model._meta.db_table) + _UPDATE[model] + _SET, parameters)
        if {pk for (pk,) in cursor} != {end.row.pk for end in ends}:
            raise ConflictingWrite("Rows were changed although they are locked.")


def attempts_of(transitions: Iterable[Transition[RowT]]) -> list[tuple[Transition[RowT], AttemptRecord[RowT]]]:
    """Return the attempts that are recorded as events: those that ended a claim, and those that called although it was lost."""
    records = [(transition, transition.record) for transition in transitions if transition.record]
    return [(transition, record) for transition, record in records if transition.found or record.exchange.sent]


def answer_of(transition: Transition[Any]) -> str | None:
    text = transition.record.attempt.message if transition.record else transition.reason
    return None if text is None else without_unstorable(text)[:LONGEST_ANSWER]


def copy_events(events: Iterable[tuple[Any, ...]]) -> None:
    """Insert events with COPY, as those of runs. Their columns are `EVENT_COLUMNS`."""
    with connection.cursor() as cursor, cursor.copy(_COPY_EVENTS) as copy:
        for event in events:
            copy.write_row(event)


def _event(transition: Transition[Delivery], record: AttemptRecord[Delivery], job: Job) -> tuple[Any, ...]:
    """Return the event of an attempt. The event id is left out, because whoever knows it can send feedback."""
    delivery, lead, exchange = record.row, record.row.lead, record.exchange
    message = f"{exchange.sent}{BETWEEN}{exchange.received}" if exchange.received else exchange.sent
    source = {
        "publisher": lead.publisher_id,
        "link": lead.link_id,
        "entry_point": lead.entry_point,
        "status": record.attempt.status,
        "answer_at": len(exchange.sent) + len(BETWEEN),
        "delivery": delivery.pk,
        "round": delivery.round,
        "attempt": delivery.attempts + 1,
        "request_id": lead.request_id,
    }
    return (
        uuid7(), lead.pk, lead.campaign_id, Event.Kind.DELIVERY.value, OUTCOMES[State(transition.state)].value, answer_of(transition) or "",
        job.pk, lead.processing_counter, lead.created_at, record.started_at, exchange.took_ms, json.dumps(source), 0, "[]", message,
    )  # fmt: skip
