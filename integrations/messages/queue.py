"""Queueing messages, in the transaction of what they are about."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from config.core.background.notify import notify_workers
from integrations.models import Message
from integrations.services import MOST_NOTIFICATIONS, QUEUE, TASK


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to queue. Callers that give an order key hold a lock under which no other message of that key is queued."""

    kind: str
    destination_id: int
    body: Mapping[str, Any]
    lead_id: int | None = None
    order_key: str = ""


@transaction.atomic
def queue_messages(messages: Collection[NewMessage]) -> None:
    """Queue messages in their order, and notify the workers."""
    Message.objects.bulk_create(
        [
            Message(
                kind=message.kind,
                destination_id=message.destination_id,
                lead_id=message.lead_id,
                order_key=message.order_key,
                body=message.body,
            )
            for message in messages
        ]
    )
    notify_of_messages(message.destination_id for message in messages)


def notify_of_messages(destination_ids: Iterable[int]) -> None:
    """Notify the workers that messages to these destinations may be due."""
    for destination_id in sorted(set(destination_ids))[:MOST_NOTIFICATIONS]:
        notify_workers(QUEUE, f"destination {destination_id}", TASK)
