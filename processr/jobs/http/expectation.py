"""The expectation of an answer: it says that the lead passed, failed, or nothing that was expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import regex

from processr.jobs.http import answer_path

SECONDS = 0.1
"""The time that a pattern may take for one answer."""
SEEN = 200
LONGEST = 500
"""The longest text, value or pattern to look for, in characters."""


class LookAt(StrEnum):
    PATH = "path"
    TEXT = "text"
    PATTERN = "pattern"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Said:
    """The result of reading an answer.

    `passes` is None for an answer that matches neither the passing nor the failing texts. `seen` is the part that
    was looked at.
    """

    passes: bool | None
    seen: str


class CannotBeRead(ValueError):
    """The answer is not of the expected kind. The message gives the reason."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The texts or values to look for, of which one match is enough.

    The failing ones are looked for first: an answer with both fails.
    """

    look_at: LookAt
    path: str
    passing: Sequence[str]
    failing: Sequence[str]

    def read(self, *, status: int, text: str, answer: Any) -> Said:
        if self.look_at is LookAt.PATH:
            return self._of_value(answer_path.as_text(answer_path.read(self.path).find(answer)))
        if self.look_at is LookAt.STATUS:
            return self._of_value(str(status))
        matches = _contains if self.look_at is LookAt.TEXT else _matches
        return self._judged(lambda wanted: matches(text, wanted), text)

    def _of_value(self, value: str) -> Said:
        return self._judged(lambda wanted: value.strip().casefold() == wanted.strip().casefold(), value)

    def _judged(self, holds: Any, seen: str) -> Said:
        shown = answer_path.as_text(seen)[:SEEN]
        if any(holds(wanted) for wanted in self.failing):
            return Said(False, shown)
        return Said(True if any(holds(wanted) for wanted in self.passing) else None, shown)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """Return the compiled pattern; raise regex.error if it is invalid."""
    return regex.compile(pattern, regex.V0)


def _contains(text: str, wanted: str) -> bool:
    return wanted.casefold() in text.casefold()


def _matches(text: str, wanted: str) -> bool:
    try:
        return compiled(wanted).search(text, timeout=SECONDS) is not None
    except TimeoutError as error:
        raise CannotBeRead("The pattern takes too long on the answer") from error
    except (regex.error, MemoryError, RecursionError) as error:
        raise CannotBeRead("The pattern cannot be applied to the answer") from error
