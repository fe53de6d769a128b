"""The result of a delivery by HTTP, from the receiver's answer: sent, to be repeated later, in need of a person, or unclear."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from integrations.base import Attempt, AttemptResult
from processr.job_types.exchange import BETWEEN, Exchange, NoAnswerKind
from processr.jobs.http.expectation import AnswerPart, CannotBeRead, Expectation
from processr.jobs.http.retries import AGAIN_LATER, is_for_later, retry_after

LONGEST_MESSAGE = 300
LONGEST_WAIT = 7 * 86_400.0
"""Seconds. A receiver that asks for a longer wait is ignored: the value is a mistake or malicious."""
WITHOUT_SUCCESS = ", but without what tells success"
REDIRECTS = "Leads are not sent after redirects: set the address it redirects to"
_BY_NO_ANSWER: dict[str, AttemptResult] = {NoAnswerKind.REFUSED: AttemptResult.NEVER, NoAnswerKind.UNREACHED: AttemptResult.LATER}


class InvalidStatus(ValueError):
    """A text that is no status of success, with a message for the user who wrote it."""


def parse_statuses(text: str) -> list[str]:
    """Return the statuses of a text such as `200, 201` or `2xx`. Raise InvalidStatus."""
    statuses = list(dict.fromkeys(part.lower() for part in text.replace(",", " ").split()))
    for status in statuses:
        if status in map(str, AGAIN_LATER):
            raise InvalidStatus(f"{status} says that it should be sent again later: it cannot be success.")
        is_pattern = status[1:] == "xx" or (status.isascii() and status.isdigit())
        if len(status) != 3 or status[0] not in "234" or not is_pattern:
            raise InvalidStatus(f"“{status[:20]}” is no status that can mean success: give some from 200 to 499, such as 200, 201 or 2xx.")
    return statuses


@dataclass(frozen=True, slots=True)
class SuccessRule:
    """The rule by which success is recognised. `classify` has a result for every exchange, and never quotes the answer's body."""

    statuses: Sequence[str]
    expected: Expectation

    def classify(self, exchange: Exchange) -> Attempt:
        status = exchange.began_with if exchange.status is None else exchange.status
        if status is None or (not exchange.is_answered and self._includes(status)):
            message = exchange.problem or "Nothing is known of an answer"
            return Attempt(_BY_NO_ANSWER.get(exchange.no_answer, AttemptResult.UNCLEAR), message[:LONGEST_MESSAGE], status)
        return self._classify_answer(exchange, status)

    def _classify_answer(self, exchange: Exchange, status: int) -> Attempt:
        """Return the result of an answer.

        Statuses to be repeated later take precedence: a success of 4xx would include 429. A status below 200 is no final
        answer, so the result is unclear.
        """
        answer = _in_words(status)
        if is_for_later(status):
            return Attempt(AttemptResult.LATER, answer, status, _seconds_to_wait(exchange))
        if self._includes(status):
            refusal = "" if self.expected.look_at is AnswerPart.STATUS else self._refusal(exchange, status)
            return Attempt(AttemptResult.NEVER if refusal else AttemptResult.SENT, answer + refusal, status)
        if status < 200:
            return Attempt(AttemptResult.UNCLEAR, f"{answer}, so nobody knows whether it arrived", status)
        if status < 300:
            return Attempt(AttemptResult.NEVER, f"{answer}, which is not among the statuses of success", status)
        return Attempt(AttemptResult.NEVER, f"{answer}. {REDIRECTS}" if status < 400 else answer, status)

    def _includes(self, status: int) -> bool:
        return str(status) in self.statuses or f"{str(status)[0]}xx" in self.statuses

    def _refusal(self, exchange: Exchange, status: int) -> str:
        """Return why an answer with a status of success is none, or an empty text.

        What tells failure wins over what tells success. Where nothing is said to tell success, everything else is it.
        """
        try:
            answer = json.loads(exchange.body) if self.expected.look_at is AnswerPart.PATH else None
            passes = self.expected.read(status=status, text=exchange.body, answer=answer).passes
        except (CannotBeRead, ValueError, RecursionError):
            return WITHOUT_SUCCESS if self.expected.passing else ", which cannot be read"
        if passes is False:
            return ", but with what tells failure"
        return "" if passes or not self.expected.passing else WITHOUT_SUCCESS


def _in_words(status: int) -> str:
    """Return the status with its standard phrase: the receiver's own phrase can contain anything."""
    try:
        return f"Answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"Answered {status}"


def _seconds_to_wait(exchange: Exchange) -> float | None:
    """Return the seconds of the answer's Retry-After header, if it has one that is usable."""
    head = exchange.received.partition(BETWEEN)[0]
    for line in head.split("\n")[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "retry-after":
            seconds = retry_after(value)
            return seconds if seconds is not None and seconds <= LONGEST_WAIT else None
    return None
