"""Messages of a kind that posts to a receiver in another process, for outbound events of a campaign."""

import json
import socket
from collections.abc import Callable

import pytest

from config.core import http
from integrations.base import Attempt
from integrations.kinds.http_response import SuccessRule
from integrations.messages.kinds import MessageKind, message_kinds
from integrations.messages.queue import NewMessage, queue_messages
from integrations.models import Destination, Message, OutboundEvent
from processr.job_types.exchange import Exchange
from processr.jobs.http.expectation import AnswerPart, Expectation
from tests.integrations.engine.conftest import _receiver, receiver
from tests.integrations.engine.receiver import PERSON

__all__ = ["_receiver", "receiver"]
KIND = "posts"
LIMITS = http.Limits(connect=1.0, read=2.0, total=2.0, size=100_000)


class Posts(MessageKind):
    """Posts the name in its body to the address of its event. Receivers see the id of the message."""

    key = KIND
    label = "Posts"

    def send(self, message: Message) -> Exchange:
        assert self.destination.event
        headers = {"Idempotency-Key": message.message_id, "Content-Type": "application/json"}
        body = json.dumps({PERSON: message.body["name"]}).encode()
        return Exchange.from_answer(
            http.request("POST", self.destination.event.url, headers=headers, body=body, limits=LIMITS, secrets=(), once=True)
        )

    def classify(self, exchange: Exchange) -> Attempt:
        return SuccessRule(["2xx"], Expectation(AnswerPart.STATUS, "", [], [])).classify(exchange)


@pytest.fixture(autouse=True)
def posts(monkeypatch) -> type[Posts]:
    monkeypatch.setitem(message_kinds._plugins, KIND, Posts)
    return Posts


@pytest.fixture
def event_to() -> Callable[..., Destination]:
    """event_to(campaign, url): the destination of an outbound event with that address, and the limits given."""

    def make(campaign, url: str, **limits) -> Destination:
        event = OutboundEvent.objects.create(campaign=campaign, label="Tell them", trigger="valid", url=url)
        return Destination.objects.create(event=event, **limits)

    return make


@pytest.fixture
def closed_port(settings) -> str:
    """An address of this machine that may be called, and at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    settings.OUTBOUND_ALLOW = [*settings.OUTBOUND_ALLOW, f"127.0.0.1:{port}"]
    return f"http://127.0.0.1:{port}/"


def queue(destination: Destination, *names: str, key: str = "", lead_id: int | None = None) -> None:
    """Queue a message for each name, of an order key that begins with `key`; none: of no order."""
    queue_messages([NewMessage(KIND, destination.pk, {"name": name}, lead_id=lead_id, order_key=key) for name in names])


def states(destination: Destination | None = None) -> list[str]:
    rows = Message.objects.order_by("pk")
    return list((rows.filter(destination=destination) if destination else rows).values_list("state", flat=True))


def due_now() -> None:
    """Make all messages due now, as if time had passed: destinations that rest may be tried."""
    Message.objects.filter(state="queued").update(not_before="2026-01-01T00:00Z")
    Destination.objects.update(waits_until=None)


def names_of(receiver) -> list[str]:
    return [name for _, name in receiver.got]
