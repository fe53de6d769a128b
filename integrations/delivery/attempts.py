"""One attempt at one delivery. It always results in an attempt and an exchange, whatever the type raises."""

from dataclasses import replace
from time import perf_counter

import structlog

from config.core.http import NoAnswer
from integrations import texts
from integrations.base import Attempt, AttemptResult, Integration, Outgoing
from processr.job_types.exchange import Exchange

log = structlog.get_logger(__name__)

NO_EXCHANGE = Exchange("")
AttemptAnswer = tuple[Attempt, Exchange]


def make_attempt(integration: Integration, outgoing: Outgoing) -> AttemptAnswer:
    """Send one delivery. An exception is a fault of ours and leaves it unclear whether the lead arrived."""
    began = perf_counter()
    exchange = NO_EXCHANGE
    try:
        if problem := integration.unsendable(outgoing):
            return Attempt(AttemptResult.NEVER, problem), NO_EXCHANGE
        try:
            answer = integration.send(outgoing)
        except NoAnswer as error:
            answer = Exchange.from_error(error)
        exchange = _timed(answer.storable(), began)
        return integration.classify(exchange), exchange
    except Exception:
        log.exception("delivery broke off", job=integration.job.id, delivery=outgoing.id, type=integration.key)
        return Attempt(AttemptResult.UNCLEAR, texts.FAULT_OF_OURS, exchange.status), _timed(exchange, began)


def _timed(exchange: Exchange, began: float) -> Exchange:
    return exchange if exchange.took_ms else replace(exchange, took_ms=round((perf_counter() - began) * 1000))
