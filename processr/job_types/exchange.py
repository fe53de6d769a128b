"""One call to a provider about one lead, as text.

The provider log shows it, and a run that is resumed continues with it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from config.core.http import AddressRefused, Answer, NoAnswer

BETWEEN = "\n\n"
_NUL = str.maketrans({"\x00": "\N{SYMBOL FOR NULL}"})


class NoAnswerKind(StrEnum):
    """The ways a call ends without an answer. UNREACHED means that nothing was sent.

    An exchange without any of them leaves open how the call ended.
    """

    REFUSED = "refused"
    UNREACHED = "unreached"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, as they were sent over the network, with secrets cut out.

    `sent` may also mention earlier tries. `received` is the head of the last answer, an empty line, and its body.
    Without an answer `status` is None. `problem` then gives the reason in words for the users who run the
    campaign, and `no_answer` for programs. `began_with` is the status of an answer that was too large or broke off.
    """

    sent: str
    received: str = ""
    status: int | None = None
    took_ms: int = 0
    problem: str = ""
    no_answer: str = ""
    began_with: int | None = None

    @classmethod
    def from_answer(cls, answer: Answer) -> Self:
        return cls(answer.sent, answer.received, answer.status, answer.took_ms)

    @classmethod
    def from_error(cls, error: NoAnswer) -> Self:
        if isinstance(error, AddressRefused):
            no_answer = NoAnswerKind.REFUSED
        elif error.maybe_received:
            no_answer = NoAnswerKind.BROKEN
        else:
            no_answer = NoAnswerKind.UNREACHED
        return cls(error.sent, took_ms=error.took_ms, problem=error.message, no_answer=no_answer, began_with=error.began_with)

    @property
    def is_answered(self) -> bool:
        return self.status is not None and not self.problem

    @property
    def body(self) -> str:
        """Return the body as it is recorded.

        Job types judge by this, so that a recorded answer is judged as a fresh one.
        """
        return self.received.partition(BETWEEN)[2]

    def storable(self) -> Self:
        """Return the exchange without what the database cannot store.

        A fresh answer is then judged as it will be once it is recorded.
        """
        return replace(self, sent=_storable(self.sent), received=_storable(self.received), problem=_storable(self.problem))


def _storable(text: str) -> str:
    return text.translate(_NUL).encode("utf-8", errors="replace").decode()
