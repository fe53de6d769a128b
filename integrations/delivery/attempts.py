"""One attempt at one delivery, in a thread. It always results in an attempt and an exchange, whatever the type raises."""

from dataclasses import dataclass, replace
from time import perf_counter

import structlog

from config.core.http import NoAnswer
from integrations import texts
from integrations.base import Attempt, AttemptResult, Integration, Outgoing
from integrations.models import Delivery
from processr.job_types.exchange import Exchange, as_kept, of_silence

log = structlog.get_logger(__name__)

NOTHING = Exchange("")
Answer = tuple[Attempt, Exchange]


@dataclass(frozen=True, slots=True)
class DeliveryCall:
    """A delivery with its integration, which has been prepared for sending."""

    delivery: Delivery
    outgoing: Outgoing
    integration: Integration


def attempt(call: DeliveryCall) -> Answer:
    return tried(call.integration, call.outgoing)


def tried(integration: Integration, outgoing: Outgoing) -> Answer:
    """Make one attempt. An exception is a fault of ours and leaves it unclear whether the lead arrived."""
    began = perf_counter()
    exchange = NOTHING
    try:
        if trouble := integration.unsendable(outgoing):
            return Attempt(AttemptResult.NEVER, trouble), NOTHING
        exchange = _timed(_sent(integration, outgoing), began)
        return integration.read(exchange), exchange
    except Exception:
        log.exception("delivery broke off", job=integration.job.id, delivery=outgoing.id, type=integration.key)
        return Attempt(AttemptResult.UNCLEAR, texts.FAULT_OF_OURS, exchange.status), _timed(exchange, began)


def is_put_off(answer: Answer) -> bool:
    """Return whether the receiver did not answer or is not ready, so that the next delivery would fare no better."""
    return answer[0].result in (AttemptResult.LATER, AttemptResult.UNCLEAR)


def _sent(integration: Integration, outgoing: Outgoing) -> Exchange:
    try:
        return as_kept(integration.send(outgoing))
    except NoAnswer as silence:
        return as_kept(of_silence(silence))


def _timed(exchange: Exchange, began: float) -> Exchange:
    return exchange if exchange.took_ms else replace(exchange, took_ms=round((perf_counter() - began) * 1000))
