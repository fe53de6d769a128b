"""A path into a JSON answer, such as `result.status`, `items[0].code` or `result["odd.name"]`."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from config.core.pg_text import without_unstorable

LONGEST = 200
LONGEST_VALUE = 2_000
_NAME = r"""(?P<name>[^.\[\]"\s][^.\[\]"]*)"""
_BRACKETS = r"""\[(?P<number>[0-9]{1,6})\]|\["(?P<quoted>[^"]{1,80})"\]"""
_FIRST = re.compile(rf"{_NAME}|{_BRACKETS}")
_NEXT = re.compile(rf"\.{_NAME}|\.?(?:{_BRACKETS})")
NOTHING = object()
"""The marker for a value that is not there. It is treated like null."""


class PathSyntaxError(ValueError):
    """The path is malformed. The message is for the user who wrote it."""


@dataclass(frozen=True, slots=True)
class AnswerPath:
    """A parsed path. A number is an index into a list, or a name where the answer has an object."""

    steps: tuple[str | int, ...]

    def find(self, answer: Any) -> Any:
        value = answer
        for step in self.steps:
            if isinstance(value, dict):
                value = value.get(str(step), NOTHING)
            elif isinstance(value, list) and str(step).isascii() and str(step).isdigit() and int(step) < len(value):
                value = value[int(step)]
            else:
                return NOTHING
        return value


@lru_cache(maxsize=1_000)
def parse_path(text: str) -> AnswerPath:
    """Parse a path; raise PathSyntaxError if it is malformed. An empty path is the whole answer."""
    text = text.strip()
    if len(text) > LONGEST:
        raise PathSyntaxError(f"A path has at most {LONGEST} characters.")
    steps: list[str | int] = []
    place = 0
    while place < len(text):
        match = (_NEXT if place else _FIRST).match(text, place)
        if match is None:
            rest = text[place : place + 10]
            raise PathSyntaxError(f"The path is not understood from “{rest}” on. Write it like result.status or items[0].code.")
        steps.append(int(match["number"]) if match["number"] else (match["quoted"] or match["name"].strip()))
        place = match.end()
    return AnswerPath(tuple(steps))


def as_text(value: Any) -> str:
    """Return the value as text for comparing, without characters that cannot be stored."""
    if value is NOTHING or value is None:
        return ""
    if isinstance(value, str):
        text = value
    elif isinstance(value, list) and all(not isinstance(item, list | dict) for item in value):
        text = ", ".join(as_text(item) for item in value)
    else:
        text = json.dumps(value, ensure_ascii=False)
    return without_unstorable(text).strip()[:LONGEST_VALUE]
