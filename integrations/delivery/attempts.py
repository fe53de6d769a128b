"""One attempt at one delivery or message. It always results in an attempt and an exchange, whatever the type raises."""

from collections.abc import Callable
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

    def send() -> Exchange | Attempt:
        problem = integration.unsendable(outgoing)
        return Attempt(AttemptResult.NEVER, problem) if problem else integration.send(outgoing)

    return attempt(send, integration.classify, job=integration.job.id, delivery=outgoing.id, type=integration.key)


def attempt(send: Callable[[], Exchange | Attempt], classify: Callable[[Exchange], Attempt], **logged: object) -> AttemptAnswer:
    """Send by a function that returns the exchange, or the result of what it did not send."""
    began = perf_counter()
    exchange = NO_EXCHANGE
    try:
        try:
            answer = send()
        except NoAnswer as error:
            answer = Exchange.from_error(error)
        if isinstance(answer, Attempt):
            return answer, NO_EXCHANGE
        exchange = _timed(answer.storable(), began)
        return classify(exchange), exchange
    except Exception:
        log.exception("delivery broke off", **logged)
        return Attempt(AttemptResult.UNCLEAR, texts.FAULT_OF_OURS, exchange.status), _timed(exchange, began)


def _timed(exchange: Exchange, began: float) -> Exchange:
    return exchange if exchange.took_ms else replace(exchange, took_ms=round((perf_counter() - began) * 1000))
