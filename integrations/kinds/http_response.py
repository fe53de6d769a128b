"""The result of a delivery by HTTP, from the receiver's answer: sent, to be repeated later, in need of a person, or unclear."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from integrations.base import Attempt, AttemptResult
from processr.job_types.exchange import BETWEEN, Exchange, Silence
from processr.jobs.http.expectation import CannotBeRead, Expectation, LookAt
from processr.jobs.http.retries import AGAIN_LATER, is_for_later, retry_after

LONGEST_TOLD = 300
LONGEST_WAIT = 7 * 86_400.0
"""Seconds. A receiver that asks for a longer wait is ignored: the value is a mistake or malicious."""
REDIRECTS = "Leads are not sent after redirects: set the address it redirects to"
NOT_SO = "but without what tells success"
NOT_AMONG = "which is not among the statuses of success"
NOBODY_KNOWS = "so nobody knows whether it arrived"
NOTHING_KNOWN = "Nothing is known of an answer"
_BY_SILENCE: dict[str, AttemptResult] = {Silence.REFUSED: AttemptResult.NEVER, Silence.UNREACHED: AttemptResult.LATER}


class NoStatus(ValueError):
    """A text that is no status of success, with a message for the user who wrote it."""


def statuses_of(text: str) -> list[str]:
    """Return the statuses of a text such as `200, 201` or `2xx`. Raise NoStatus."""
    given = list(dict.fromkeys(part.lower() for part in text.replace(",", " ").split()))
    for one in given:
        if one in map(str, AGAIN_LATER):
            raise NoStatus(f"{one} says that it should be sent again later: it cannot be success.")
        if len(one) != 3 or one[0] not in "234" or not (one[1:] == "xx" or one.isascii() and one.isdigit()):
            raise NoStatus(f"“{one[:20]}” is no status that can mean success: give some from 200 to 499, such as 200, 201 or 2xx.")
    return given


@dataclass(frozen=True, slots=True)
class Success:
    """How an integration recognises success. `attempt_of` has a result for every exchange, and never quotes the answer's body."""

    statuses: Sequence[str]
    expected: Expectation

    def attempt_of(self, exchange: Exchange) -> Attempt:
        status = exchange.began_with if exchange.status is None else exchange.status
        if status is None or (not exchange.is_answered and self._includes(status)):
            return _silent(exchange, status)
        return self._answered(exchange, status)

    def _answered(self, exchange: Exchange, status: int) -> Attempt:
        """Return the result of an answer. Statuses to be repeated later take precedence: a success of 4xx would include 429."""
        if is_for_later(status):
            return Attempt(AttemptResult.LATER, _said(status), status, _wait(exchange))
        if not self._includes(status):
            return _refused(status)
        if self.expected.look_at is not LookAt.STATUS and not self._says_so(exchange, status):
            return Attempt(AttemptResult.NEVER, f"{_said(status)}, {NOT_SO}", status)
        return Attempt(AttemptResult.SENT, _said(status), status)

    def _includes(self, status: int) -> bool:
        return bool({str(status), f"{str(status)[0]}xx"} & set(self.statuses))

    def _says_so(self, exchange: Exchange, status: int) -> bool:
        try:
            answer = json.loads(exchange.body) if self.expected.look_at is LookAt.PATH else None
            return self.expected.read(status=status, text=exchange.body, answer=answer).passes is True
        except (CannotBeRead, ValueError, RecursionError):
            return False


def _refused(status: int) -> Attempt:
    """Return the result of a status that is no success. A status below 200 is no final answer, so the result is unclear."""
    if status < 200:
        return Attempt(AttemptResult.UNCLEAR, f"{_said(status)}, {NOBODY_KNOWS}", status)
    if status < 300:
        return Attempt(AttemptResult.NEVER, f"{_said(status)}, {NOT_AMONG}", status)
    return Attempt(AttemptResult.NEVER, f"{_said(status)}. {REDIRECTS}" if status < 400 else _said(status), status)


def _silent(exchange: Exchange, status: int | None) -> Attempt:
    told = exchange.problem or NOTHING_KNOWN
    return Attempt(_BY_SILENCE.get(exchange.silence, AttemptResult.UNCLEAR), told[:LONGEST_TOLD], status)


def _said(status: int) -> str:
    """Return the status with its standard phrase: the receiver's own phrase can contain anything."""
    try:
        return f"Answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"Answered {status}"


def _wait(exchange: Exchange) -> float | None:
    for line in exchange.received.partition(BETWEEN)[0].split("\n")[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "retry-after":
            seconds = retry_after(value)
            return seconds if seconds is not None and seconds <= LONGEST_WAIT else None
    return None
