"""Recording attempts: leads first, then deliveries, then events and tallies, one batch in one transaction."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from config.core.actor import SYSTEM
from config.core.background.clock import database_now
from config.core.background.db_retry import again_after_conflict
from config.core.pg_text import without_unstorable
from integrations.base import AttemptResult
from integrations.delivery import outcome
from integrations.delivery.outcome import OUTCOMES, AttemptRecord, State, Transition
from integrations.delivery.queue import Goes, goes
from integrations.models import Delivery
from leads import lifecycle
from leads.lifecycle.state import State as LeadState
from leads.lifecycle.state import lock
from leads.models import Lead
from processr.job_types.exchange import BETWEEN, Exchange
from processr.models import Event, Job, JobDelta

log = structlog.get_logger(__name__)

LONGEST_ANSWER = 300
GIVEN_BACK_FOR = timedelta(minutes=1)

# Locked in id order, as everywhere; only deliveries that still carry the claim.
_END = """
WITH held AS MATERIALIZED (
    SELECT id FROM integrations_delivery WHERE id = ANY(%(ids)s) AND claim = %(token)s ORDER BY id FOR NO KEY UPDATE
)
UPDATE integrations_delivery AS d SET
    state = e.state, claim = NULL, claimed_at = NULL, not_before = coalesce(e.not_before, d.not_before),
    attempts = d.attempts + e.tried::int, answer = coalesce(e.answer, d.answer),
    first_tried_at = CASE WHEN e.tried THEN coalesce(d.first_tried_at, d.claimed_at) ELSE d.first_tried_at END,
    answered_at = CASE WHEN e.tried THEN %(now)s ELSE d.answered_at END,
    status = CASE WHEN e.tried THEN e.status ELSE d.status END,
    sent_at = CASE WHEN e.state = 'sent' THEN %(now)s END
FROM held JOIN unnest(
    %(ids)s::bigint[], %(states)s::text[], %(due)s::timestamptz[], %(tried)s::boolean[], %(answers)s::text[], %(statuses)s::smallint[]
) AS e (id, state, not_before, tried, answer, status) ON e.id = held.id
WHERE d.id = held.id RETURNING d.id
"""
_EVENT = (
    "id", "lead_id", "campaign_id", "kind", "outcome", "reason", "job_id", "run_number", "submitted_at", "started_at", "duration_ms",
    "source", "steps_run", "steps", "message",
)  # fmt: skip
_COPY = f"COPY processr_event ({', '.join(_EVENT)}) FROM STDIN"
_TALLIED = {
    Event.Outcome.SUCCESS: "passed",
    Event.Outcome.ERROR: "errored",
    Event.Outcome.FAILURE: "failed",
    Event.Outcome.SKIP: "skipped",
}


def record(tried: Sequence[AttemptRecord], *, job: Job, token: UUID, safe_to_repeat: bool) -> None:
    """Record the attempts claimed by the token.

    An attempt whose claim was lost is recorded as an event too, as the receiver was called all the same.
    """
    if tried:
        again_after_conflict(partial(_record, tried, job, token, safe_to_repeat))


def give_back(deliveries: Sequence[Delivery], *, job: Job, token: UUID, later: bool = True, told: str | None = None) -> None:
    """Return deliveries without an attempt to the queue: at their old place, or with `later` due in a minute."""
    if deliveries:
        again_after_conflict(partial(_give_back, deliveries, job, token, GIVEN_BACK_FOR if later else None, told))


@transaction.atomic
def _record(tried: Sequence[AttemptRecord], job: Job, token: UUID, safe_to_repeat: bool) -> None:
    sent = [one for one in tried if one.attempt.result is AttemptResult.SENT]
    others = [one for one in tried if one.attempt.result is not AttemptResult.SENT]
    leads = lock([one.delivery.lead_id for one in tried]) if others else {}
    _mark_delivered(sent, job)
    welcome = _welcome(leads, job) if others else frozenset()
    now = database_now()
    endings = [outcome.arrived(one) for one in sent]
    for one in others:
        if one.delivery.lead_id in welcome:
            endings.append(outcome.failed(one, now=now, safe_to_repeat=safe_to_repeat))
        else:
            endings.append(outcome.withdrawn(one.delivery, tried=one))
    _write(endings, job, token, now)


@transaction.atomic
def _give_back(deliveries: Sequence[Delivery], job: Job, token: UUID, wait: timedelta | None, told: str | None) -> None:
    welcome = _welcome(lock([one.lead_id for one in deliveries]), job)
    now = database_now()
    again = partial(outcome.given_back, not_before=now + wait if wait else None, told=told)
    _write([again(one) if one.lead_id in welcome else outcome.withdrawn(one) for one in deliveries], job, token, now)


def _welcome(leads: Mapping[int, LeadState], job: Job) -> frozenset[int]:
    """Return the leads that would still be sent to the integration.

    Deliveries in state sending are not withdrawn when their lead changes, so this is checked here, under the locks of
    the leads and of the integration, which therefore cannot be removed meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT removed_at IS NOT NULL, deliver_test_leads FROM processr_job WHERE id = %s FOR SHARE", [job.pk])
        removed, takes_tests = cursor.fetchone()
    wanted = {Goes.ANYWHERE, Goes.AS_TEST} if takes_tests else {Goes.ANYWHERE}
    return frozenset() if removed else frozenset(pk for pk, lead in leads.items() if goes(lead.axes()) in wanted)


def _mark_delivered(sent: Collection[AttemptRecord], job: Job) -> None:
    """Mark the leads as delivered. Refusals are expected: another integration was first, or the lead is a test or no longer Valid."""
    if sent:
        lifecycle.mark_delivered([one.delivery.lead_id for one in sent], actor=SYSTEM, reason=job.label)


def _write(endings: Sequence[Transition], job: Job, token: UUID, now: datetime) -> None:
    ours = _end(endings, token, now)
    if lost := len(endings) - len(ours):
        log.warning("claim was lost while sending", job=job.pk, deliveries=lost)
    kept = [one for one in endings if one.tried and (one.delivery.pk in ours or one.tried.exchange.sent)]
    if kept:
        _copy_events(kept, job)
        tally = Counter(_TALLIED[OUTCOMES[State(one.state)]] for one in kept)
        JobDelta.objects.create(job_id=job.pk, **tally)


def _end(endings: Sequence[Transition], token: UUID, now: datetime) -> set[int]:
    """End the claims. Return the ids of the deliveries that still had the claim."""
    parameters: dict[str, Any] = {
        "token": token,
        "now": now,
        "ids": [one.delivery.pk for one in endings],
        "states": [str(one.state) for one in endings],
        "due": [one.not_before for one in endings],
        "tried": [one.tried is not None for one in endings],
        "answers": [_answer(one) for one in endings],
        "statuses": [one.tried.attempt.status if one.tried else None for one in endings],
    }
    with connection.cursor() as cursor:
        cursor.execute(_END, parameters)
        return {pk for (pk,) in cursor}


def _answer(ending: Transition) -> str | None:
    told = ending.tried.attempt.told if ending.tried else ending.told
    return None if told is None else without_unstorable(told)[:LONGEST_ANSWER]


def _copy_events(endings: Sequence[Transition], job: Job) -> None:
    """Insert the events with COPY, as those of runs."""
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for one in endings:
            if one.tried:
                copy.write_row(_event(one, one.tried, job))


def _event(ending: Transition, tried: AttemptRecord, job: Job) -> tuple[Any, ...]:
    lead, exchange = tried.delivery.lead, tried.exchange
    return (
        uuid7(), lead.pk, lead.campaign_id, Event.Kind.DELIVERY.value, OUTCOMES[State(ending.state)].value, _answer(ending) or "", job.pk,
        lead.processing_counter, lead.created_at, tried.started_at, exchange.took_ms, _source(tried, lead), 0, "[]", _message(exchange),
    )  # fmt: skip


def _source(tried: AttemptRecord, lead: Lead) -> str:
    """Return the event's source. The event id is left out, because whoever knows it can send feedback."""
    delivery = tried.delivery
    return json.dumps(
        {
            "publisher": lead.publisher_id,
            "link": lead.link_id,
            "entry_point": lead.entry_point,
            "status": tried.attempt.status,
            "answer_at": len(tried.exchange.sent) + len(BETWEEN),
            "delivery": delivery.pk,
            "round": delivery.round,
            "attempt": delivery.attempts + 1,
        }
    )


def _message(exchange: Exchange) -> str:
    return f"{exchange.sent}{BETWEEN}{exchange.received}" if exchange.received else exchange.sent
