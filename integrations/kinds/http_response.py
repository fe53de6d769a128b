"""What an answer says of a delivery: it arrived, it is to be sent again later, a person must see to it, or nobody knows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from integrations.base import Attempt, Result
from processr.job_types.exchange import BETWEEN, Exchange, Silence
from processr.jobs.http.expectation import CannotBeRead, Expectation, LookAt
from processr.jobs.http.retries import AGAIN_LATER, is_for_later, retry_after

LONGEST_TOLD = 300
LONGEST_WAIT = 7 * 86_400.0
"""Seconds. Who asks for more has not meant it, or means no good."""
REDIRECTS = "Leads are not sent after redirects: set the address it redirects to"
NOT_SO = "but without what tells success"
NOT_AMONG = "which is not among the statuses of success"
NOBODY_KNOWS = "so nobody knows whether it arrived"
NOTHING_KNOWN = "Nothing is known of an answer"
_BY_SILENCE: dict[str, Result] = {Silence.REFUSED: Result.NEVER, Silence.UNREACHED: Result.LATER}


class NoStatus(ValueError):
    """Not a status that can mean success, in words for who wrote it."""


def statuses_of(text: str) -> list[str]:
    """`200, 201` or `2xx`. Raises NoStatus."""
    given = list(dict.fromkeys(part.lower() for part in text.replace(",", " ").split()))
    for one in given:
        if one in map(str, AGAIN_LATER):
            raise NoStatus(f"{one} says that it should be sent again later: it cannot be success.")
        if len(one) != 3 or one[0] not in "234" or not (one[1:] == "xx" or one.isascii() and one.isdigit()):
            raise NoStatus(f"“{one[:20]}” is no status that can mean success: give some from 200 to 499, such as 200, 201 or 2xx.")
    return given


@dataclass(frozen=True, slots=True)
class Success:
    """How an integration tells it. Whatever comes back, `attempt_of` has a word for it; it holds nothing of the answer's body."""

    statuses: Sequence[str]
    expected: Expectation

    def attempt_of(self, exchange: Exchange) -> Attempt:
        status = exchange.began_with if exchange.status is None else exchange.status
        if status is None or (not exchange.is_answered and self._includes(status)):
            return _silent(exchange, status)
        return self._answered(exchange, status)

    def _answered(self, exchange: Exchange, status: int) -> Attempt:
        """What should come later stays so, whatever counts as success: 4xx has 429 in it."""
        if is_for_later(status):
            return Attempt(Result.LATER, _said(status), status, _wait(exchange))
        if not self._includes(status):
            return _refused(status)
        if self.expected.look_at is not LookAt.STATUS and not self._says_so(exchange, status):
            return Attempt(Result.NEVER, f"{_said(status)}, {NOT_SO}", status)
        return Attempt(Result.SENT, _said(status), status)

    def _includes(self, status: int) -> bool:
        return bool({str(status), f"{str(status)[0]}xx"} & set(self.statuses))

    def _says_so(self, exchange: Exchange, status: int) -> bool:
        try:
            answer = json.loads(exchange.body) if self.expected.look_at is LookAt.PATH else None
            return self.expected.read(status=status, text=exchange.body, answer=answer).passes is True
        except (CannotBeRead, ValueError, RecursionError):
            return False


def _refused(status: int) -> Attempt:
    """What is no final answer by itself leaves open what became of the lead."""
    if status < 200:
        return Attempt(Result.UNCLEAR, f"{_said(status)}, {NOBODY_KNOWS}", status)
    if status < 300:
        return Attempt(Result.NEVER, f"{_said(status)}, {NOT_AMONG}", status)
    return Attempt(Result.NEVER, f"{_said(status)}. {REDIRECTS}" if status < 400 else _said(status), status)


def _silent(exchange: Exchange, status: int | None) -> Attempt:
    told = exchange.problem or NOTHING_KNOWN
    return Attempt(_BY_SILENCE.get(exchange.silence, Result.UNCLEAR), told[:LONGEST_TOLD], status)


def _said(status: int) -> str:
    """The receiver's own phrase may hold anything: the one of the standard is told."""
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
