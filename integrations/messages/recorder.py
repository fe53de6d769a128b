"""Recording attempts at messages: their ends and an event of each, one batch in one transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from config.core.background.clock import database_now
from config.core.background.db_retry import again_after_conflict
from integrations.base import AttemptResult
from integrations.delivery import limits
from integrations.delivery.claims import claim_standings
from integrations.delivery.outcome import OUTCOMES, AttemptRecord, State, Transition, after_failure
from integrations.delivery.recorder import GIVE_BACK_DELAY, Recorder, answer_of, attempts_of, copy_events, end_claims, state_to_end
from integrations.delivery.unrecorded import recorders
from integrations.messages.kinds import message_kinds
from integrations.models import Destination, Message
from processr.job_types.exchange import BETWEEN
from processr.models import Event


class MessageRecorder(Recorder[Message]):
    queue = "messages"
    model = Message

    def __init__(self, destination: Destination) -> None:
        self.destination = destination

    def receiver(self) -> dict[str, Any]:
        return {"destination": self.destination.pk}

    @classmethod
    def of(cls, receiver: Mapping[str, Any]) -> "MessageRecorder":
        return cls(Destination.objects.select_related("event", "job").get(pk=receiver["destination"]))

    def record(self, records: Sequence[AttemptRecord[Message]], *, token: UUID, worker_seems_dead: bool = False) -> None:
        """Record the attempts. Whether one in doubt is repeated is for its kind to say, one of a kind that is gone needs a person."""
        if records:
            again_after_conflict(partial(self._record, records, token, worker_seems_dead))

    def give_back(self, rows: Sequence[Message], *, token: UUID, later: bool, reason: str | None) -> None:
        if rows:
            again_after_conflict(partial(self._give_back, rows, token, later, reason))

    @transaction.atomic
    def _record(self, records: Sequence[AttemptRecord[Message]], token: UUID, worker_seems_dead: bool) -> None:
        now, is_open = database_now(), self._is_open()
        standings = claim_standings(token, self._locked(record.row for record in records))
        ends = []
        for record in records:
            found = state_to_end(standings.get(record.row.pk), record.attempt.result)
            ends.append(replace(self._end(record, now, is_open=is_open), found=found))
        end_claims(ends, token, now, worker_seems_dead=worker_seems_dead)
        sent = sum(bool(end.found) and end.state == State.SENT for end in ends)
        limits.count_sent(sent, now, destination_id=self.destination.pk)
        if attempts := attempts_of(ends):
            copy_events(self._event(transition, record) for transition, record in attempts)

    @staticmethod
    def _end(record: AttemptRecord[Message], now: datetime, *, is_open: bool) -> Transition[Message]:
        if record.attempt.result is AttemptResult.SENT:
            return Transition(record.row, State.SENT, record=record)
        if not is_open:
            return Transition(record.row, State.WITHDRAWN, record=record)
        kind = message_kinds.get(record.row.kind)
        return after_failure(record, now=now, safe_to_repeat=bool(kind and kind.safe_to_repeat))

    @transaction.atomic
    def _give_back(self, rows: Sequence[Message], token: UUID, later: bool, reason: str | None) -> None:
        now, state = database_now(), State.QUEUED if self._is_open() else State.WITHDRAWN
        standings = claim_standings(token, self._locked(rows))
        not_before = now + GIVE_BACK_DELAY if later and state == State.QUEUED else None
        ends = [
            Transition(row, state, not_before, reason=reason, found=state_to_end(standings.get(row.pk), None))
            for row in rows
        ]  # fmt: skip
        end_claims(ends, token, now, worker_seems_dead=False)

    def _is_open(self) -> bool:
        """Return whether its destination still takes messages, which nobody changes until this transaction has ended."""
        locked = Destination.objects.select_for_update(no_key=True, of=("self",)).select_related("event", "job").get(pk=self.destination.pk)
        return locked.owner.removed_at is None

    @staticmethod
    def _locked(rows: Any) -> list[Message]:
        """Lock the rows in id order, and return them as they were claimed."""
        claimed = list(rows)
        list(Message.objects.select_for_update(no_key=True).filter(pk__in=[row.pk for row in claimed]).order_by("pk").values_list("pk"))
        return claimed

    def _event(self, transition: Transition[Message], record: AttemptRecord[Message]) -> tuple[Any, ...]:
        """Return the event of an attempt; its lead is 0 where it is about none."""
        message, exchange = record.row, record.exchange
        text = f"{exchange.sent}{BETWEEN}{exchange.received}" if exchange.received else exchange.sent
        source = {
            "status": record.attempt.status,
            "answer_at": len(exchange.sent) + len(BETWEEN),
            "message": message.pk,
            "kind": message.kind,
            "destination": self.destination.pk,
            "attempt": message.attempts + 1,
        }
        return (
            uuid7(), message.lead_id or 0, self.destination.owner.campaign_id, Event.Kind.MESSAGE.value,
            OUTCOMES[State(transition.state)].value, answer_of(transition) or "", self.destination.job_id, 0, message.created_at,
            record.started_at, exchange.took_ms, json.dumps(source), 0, "[]", text,
        )  # fmt: skip


recorders[MessageRecorder.queue] = MessageRecorder
