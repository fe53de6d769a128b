"""The messages of outbound events: how one of them is sent, and what its answer means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cryptography.fernet import InvalidToken
from django.utils import timezone
from typing_extensions import override

from config.core import http
from config.core.errors import DomainError
from config.logs import MASK
from integrations.base import Attempt
from integrations.destinations.signing import Signer
from integrations.kinds.http_response import SuccessRule
from integrations.messages.kinds import MessageKind, message_kinds
from integrations.models import Message, OutboundEvent
from integrations.outbound_events.request import CannotBeSent, EventRequest, EventTemplate
from processr.job_types.exchange import Exchange, NoAnswerKind
from processr.jobs.http.expectation import AnswerPart, Expectation
from processr.jobs.http.retries import CONNECT, SIZE

SECONDS = 20.0
SHORTEST_CUT = 6
"""The shortest text that is cut wherever it occurs. A shorter one, such as `1`, would take pieces out of everything; it is
cut from its header alone."""
SUCCESS = SuccessRule(["2xx"], Expectation(AnswerPart.STATUS, "", [], []))


@message_kinds.register
class OutboundEventMessage(MessageKind):
    """A call about one lead. The values and the payload are those of the moment in which it was queued; the address, the method and
    the headers are those of the event now, so that a mended address is used for what waits.
    """

    key = "outbound_event"
    label = "Outbound event"

    @override
    def prepare(self, messages: Sequence[Message]) -> None:
        assert self.destination.event_id is not None, "messages of this kind go to destinations of events"
        self.signer = Signer.of(self.destination)
        try:
            self.template = EventTemplate.of(OutboundEvent.objects.get(pk=self.destination.event_id))
        except InvalidToken as error:
            raise DomainError("The headers of this event can no longer be decrypted: enter their values again.") from error

    def send(self, message: Message) -> Exchange:
        body = message.body
        try:
            request = self.template.request(body["values"], body["payload"], message_id=message.message_id)
        except CannotBeSent as problem:
            return Exchange("", problem=str(problem), no_answer=NoAnswerKind.REFUSED)
        headers = {"webhook-id": message.message_id}
        signed = self.signer.add_to(headers, message_id=message.message_id, body=request.body.encode(), at=timezone.now())
        return send_request(request, signed, secrets=self.signer.secrets)

    def classify(self, exchange: Exchange) -> Attempt:
        return SUCCESS.classify(exchange)


def send_request(request: EventRequest, webhook_headers: Mapping[str, str], *, secrets: Sequence[str] = ()) -> Exchange:
    """Make the call once, and return the exchange without the values of the event's headers."""
    headers = {**request.headers, **webhook_headers}
    limits = http.Limits(connect=CONNECT, read=SECONDS, total=SECONDS, size=SIZE)
    cut = [*secrets, *(text for text in request.secrets if len(text) >= SHORTEST_CUT)]
    try:
        answer = http.request(request.method, request.url, headers=headers, body=request.body, limits=limits, secrets=cut, once=True)
    except http.NoAnswer as error:
        exchange = Exchange.from_error(error)
    else:
        exchange = Exchange.from_answer(answer)
    own = [name for name in request.headers if request.headers[name] in request.secrets]
    return replace(exchange, sent=_without_values(exchange.sent, own))


def _without_values(sent: str, names: Sequence[str]) -> str:
    """Return the request without the values of these headers, however short they are."""
    head, between, body = sent.partition("\n\n")
    for name in names:
        head = re.sub(rf"(?m)^({re.escape(name)}: ).*$", rf"\g<1>{MASK}", head)
    return f"{head}{between}{body}"
