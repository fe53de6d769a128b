"""One attempt at one delivery, in a thread: whatever its type does, an attempt and an exchange come of it."""

from dataclasses import dataclass, replace
from time import perf_counter

import structlog

from config.core.http import NoAnswer
from integrations import texts
from integrations.base import Attempt, IntegrationType, Outgoing, Result
from integrations.models import Delivery
from processr.job_types.exchange import Exchange, as_kept, of_silence

log = structlog.get_logger(__name__)

NOTHING = Exchange("")
Answer = tuple[Attempt, Exchange]


@dataclass(frozen=True, slots=True)
class Call:
    """A delivery with what its type was made ready for."""

    delivery: Delivery
    outgoing: Outgoing
    integration: IntegrationType


def attempt(call: Call) -> Answer:
    return tried(call.integration, call.outgoing)


def tried(integration: IntegrationType, outgoing: Outgoing) -> Answer:
    """What raises is a fault of ours, and nobody knows how far it got."""
    began = perf_counter()
    exchange = NOTHING
    try:
        if trouble := integration.unsendable(outgoing):
            return Attempt(Result.NEVER, trouble), NOTHING
        exchange = _timed(_sent(integration, outgoing), began)
        return integration.read(exchange), exchange
    except Exception:
        log.exception("delivery broke off", job=integration.job.id, delivery=outgoing.id, type=integration.key)
        return Attempt(Result.UNCLEAR, texts.FAULT_OF_OURS, exchange.status), _timed(exchange, began)


def is_put_off(answer: Answer) -> bool:
    """Silent, or not ready for what it is sent: the next one would fare no better."""
    return answer[0].result in (Result.LATER, Result.UNCLEAR)


def _sent(integration: IntegrationType, outgoing: Outgoing) -> Exchange:
    try:
        return as_kept(integration.send(outgoing))
    except NoAnswer as silence:
        return as_kept(of_silence(silence))


def _timed(exchange: Exchange, began: float) -> Exchange:
    return exchange if exchange.took_ms else replace(exchange, took_ms=round((perf_counter() - began) * 1000))
