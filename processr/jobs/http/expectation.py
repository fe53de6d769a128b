"""The expectation of an answer: it says that the lead passed, failed, or nothing that was expected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import regex

from leads.values import texts
from processr import patterns
from processr.jobs.http import answer_path

SECONDS = 0.1
"""The time that a pattern may take for one answer."""
LONGEST_EXCERPT = 200
LONGEST = patterns.LONGEST
"""The longest text, value or pattern to look for, in characters."""


class AnswerPart(StrEnum):
    PATH = "path"
    TEXT = "text"
    PATTERN = "pattern"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """The result of reading an answer.

    `passes` is None for an answer that matches neither the passing nor the failing texts. `excerpt` is from the part
    that was looked at.
    """

    passes: bool | None
    excerpt: str


class CannotBeRead(ValueError):
    """The answer is not of the expected kind. The message gives the reason."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The texts or values to look for, of which one match is enough.

    The failing ones are looked for first: an answer with both fails.
    """

    look_at: AnswerPart
    path: str
    passing: Sequence[str]
    failing: Sequence[str]

    def read(self, *, status: int, text: str, answer: Any) -> ReadAnswer:
        matches: Callable[[str, str], bool]
        if self.look_at is AnswerPart.TEXT:
            looked_at, matches = text, _contains
        elif self.look_at is AnswerPart.PATTERN:
            looked_at, matches = text, _matches_pattern
        elif self.look_at is AnswerPart.PATH:
            looked_at, matches = answer_path.as_text(answer_path.parse_path(self.path).find(answer)), _equals
        else:
            looked_at, matches = str(status), _equals
        excerpt = answer_path.as_text(looked_at)[:LONGEST_EXCERPT]
        if any(matches(looked_at, expected) for expected in self.failing):
            return ReadAnswer(False, excerpt)
        return ReadAnswer(True if any(matches(looked_at, expected) for expected in self.passing) else None, excerpt)


def compiled(pattern: str) -> patterns.Pattern:
    """Return the compiled pattern; raise one of `patterns.SYNTAX_ERRORS` if it is malformed, or PatternTooLarge."""
    return patterns.compile_pattern(pattern, regex.V0)


def size_of(pattern: str) -> int:
    """Return the size of a valid pattern."""
    return patterns.size_of(pattern, regex.V0)


def _contains(text: str, expected: str) -> bool:
    return texts.fold_inside(expected) in texts.fold_inside(text)


def _equals(value: str, expected: str) -> bool:
    return texts.fold(value) == texts.fold(expected)


def _matches_pattern(text: str, pattern: str) -> bool:
    try:
        return compiled(pattern).search(text, timeout=SECONDS) is not None
    except TimeoutError as error:
        raise CannotBeRead("The pattern takes too long on the answer") from error
    except patterns.SYNTAX_ERRORS as error:
        raise CannotBeRead("The pattern cannot be applied to the answer") from error
