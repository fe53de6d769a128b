"""A turn of a destination with messages: their claims, and what is sent of them."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog

from integrations.delivery.attempts import AttemptAnswer, attempt
from integrations.delivery.sender import Call, Turn
from integrations.messages.kinds import MessageKind, message_kinds
from integrations.messages.order import FIRST_OF_ITS_KEY
from integrations.messages.recorder import MessageRecorder
from integrations.models import Destination, Message

log = structlog.get_logger(__name__)

PARALLEL_CALLS = 4

# Of each order key only the first open message can be claimed, so that no two of a key are sent at once.
_CLAIM = f"""
WITH next AS MATERIALIZED (
    SELECT m.id FROM integrations_message AS m
    WHERE m.state = 'queued' AND m.destination_id = %(destination)s AND m.not_before <= statement_timestamp()
    AND m.kind = ANY(%(kinds)s) AND {FIRST_OF_ITS_KEY}
    ORDER BY m.not_before, m.id LIMIT %(limit)s FOR NO KEY UPDATE OF m SKIP LOCKED
)
UPDATE integrations_message AS m SET state = 'sending', claim = %(token)s, claimed_at = clock_timestamp()
FROM next WHERE m.id = next.id RETURNING m.*
"""  # noqa: S608


def claim(destination: Destination, *, token: UUID, limit: int) -> list[Message]:
    """Claim up to `limit` due messages, oldest first. Those of kinds that exist no more stay where they are."""
    kinds = [kind.key for kind in message_kinds]
    parameters = {"destination": destination.pk, "token": token, "limit": limit, "kinds": kinds}
    return sorted(Message.objects.raw(_CLAIM, parameters), key=lambda message: (message.not_before, message.pk))


class MessageTurn(Turn[Message]):
    def __init__(self, destination: Destination, *, token: UUID) -> None:
        safe = all(kind.safe_to_repeat for kind in message_kinds)
        super().__init__(destination, MessageRecorder(destination), token=token, name="messages", width=PARALLEL_CALLS, safe_to_repeat=safe)

    def _claim_rows(self, limit: int) -> list[Message]:
        return claim(self.destination, token=self._token, limit=limit)

    def _prepared(self, rows: Sequence[Message]) -> list[Call[Message]]:
        """Prepare the messages of each kind together, with an object of their own: it may keep what it prepares."""
        wanted = {message.kind for message in rows}
        kinds = {kind.key: kind(self.destination) for kind in message_kinds if kind.key in wanted}
        for key, kind in kinds.items():
            kind.prepare([message for message in rows if message.kind == key])
        return [Call(message, partial(_send, message, kinds[message.kind])) for message in rows]


def _send(message: Message, kind: MessageKind) -> AttemptAnswer:
    answer, exchange = attempt(partial(kind.send, message), kind.classify, message=message.pk, kind=kind.key)
    log.info(
        "message tried", destination=message.destination_id, message=message.pk, lead=message.lead_id, attempt=message.attempts + 1,
        result=answer.result.name.lower(), status=answer.status, ms=exchange.took_ms,
    )  # fmt: skip
    return answer, exchange
