"""One call to a provider about one lead, as text: what the Provider Logs show, and what a run that is taken up again goes on with."""

from dataclasses import dataclass, replace
from enum import StrEnum

from config.core.http import Answer, NoAnswer, Refused

BETWEEN = "\n\n"
_NUL = str.maketrans({"\x00": "\N{SYMBOL FOR NULL}"})


class Silence(StrEnum):
    """How a call ended without an answer. UNREACHED: nothing was sent. Where none of them is said, nobody knows."""

    REFUSED = "refused"
    UNREACHED = "unreached"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Exchange:
    """`sent` and `received` as they stood on the wire, secrets cut; `sent` may tell of earlier tries too. `received` is the last answer's
    head, an empty line, and its body. Without an answer `status` is None, and `problem` says why, in words for those who run the campaign;
    `silence` says the same for programs, and `began_with` is the status of an answer that was too large, or broke off.
    """

    sent: str
    received: str = ""
    status: int | None = None
    took_ms: int = 0
    problem: str = ""
    silence: str = ""
    began_with: int | None = None

    @property
    def is_answered(self) -> bool:
        return self.status is not None and not self.problem

    @property
    def body(self) -> str:
        """As it is kept: judge by this, and a recorded answer is judged as a fresh one."""
        return self.received.partition(BETWEEN)[2]


def of_answer(answer: Answer) -> Exchange:
    return Exchange(answer.sent, answer.received, answer.status, answer.took_ms)


def of_silence(error: NoAnswer) -> Exchange:
    return Exchange(error.sent, took_ms=error.took_ms, problem=error.message, silence=_kind(error), began_with=error.began_with)


def _kind(error: NoAnswer) -> Silence:
    if isinstance(error, Refused):
        return Silence.REFUSED
    return Silence.BROKEN if error.maybe_received else Silence.UNREACHED


def as_kept(exchange: Exchange) -> Exchange:
    """Without what no column keeps, so that a fresh answer is judged as it will be once it is recorded."""
    return replace(exchange, sent=_storable(exchange.sent), received=_storable(exchange.received), problem=_storable(exchange.problem))


def _storable(text: str) -> str:
    return text.translate(_NUL).encode("utf-8", errors="replace").decode()
