"""Filters of a collection: how the text of a parameter is parsed (a ValueError is the message), and the rows it selects."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from config.core.pg_text import is_storable

LARGEST_ID = 2**63 - 1
LONGEST_TEXT = 500
ID = {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID}
_ID = re.compile("[1-9][0-9]{0,18}")
_EXACT = {"": "exact"}
_EXACT_OR_IN = {"": "exact", "[]": "in"}
_MOMENTS = {"[after]": "gte", "[before]": "lte", "[strictly_after]": "gt", "[strictly_before]": "lt"}


@dataclass(frozen=True)
class Filter:
    """A filter of a collection.

    `suffixes` maps each suffix that the name may have to a lookup on `path`; a parameter that ends in [] may be
    repeated. A filter without `path` selects nothing by itself: the view uses its value.
    """

    read: Callable[[str], Any]
    path: str = ""
    suffixes: Mapping[str, str] = field(default_factory=lambda: _EXACT)
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    description: str = ""

    def value(self, suffix: str, texts: Sequence[str]) -> Any:
        if suffix.endswith("[]"):
            return [self.read(text) for text in texts]
        if len(set(texts)) > 1:
            raise ValueError("Given more than once.")
        return self.read(texts[0])

    def condition(self, suffix: str, value: Any) -> Q:
        return Q(**{f"{self.path}__{self.suffixes[suffix]}": value}) if self.path else Q()


def by_id(path: str = "", description: str = "") -> Filter:
    return Filter(read_id, path, _EXACT_OR_IN, ID, description)


def yes_or_no(path: str = "", description: str = "") -> Filter:
    return Filter(_read_yes_or_no, path, _EXACT, {"type": "boolean"}, description)


def moments(path: str, description: str = "") -> Filter:
    """Return a filter by time.

    [after] and [before] include the moment, [strictly_after] and [strictly_before] do not. A day stands for its
    beginning, in UTC.
    """
    return Filter(read_moment, path, _MOMENTS, {"type": "string", "examples": ["2026-01-31", "2026-01-31T12:00:00+00:00"]}, description)


def text(path: str, description: str = "", *, lookup: str = "exact") -> Filter:
    return Filter(_read_text, path, {"": lookup}, {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}, description)


def one_of(words: Mapping[str, Any], path: str = "", description: str = "") -> Filter:
    """Return a filter by one of `words`, each mapped to its value in the database."""

    def read(text: str) -> Any:
        if text not in words:
            raise ValueError(f"Must be one of: {', '.join(words)}.")
        return words[text]

    return Filter(read, path, _EXACT, {"type": "string", "enum": list(words)}, description)


def read_id(text: str) -> int:
    if not _ID.fullmatch(text) or int(text) > LARGEST_ID:
        raise ValueError("Must be an id.")
    return int(text)


def read_moment(text: str) -> datetime:
    """Parse a day or a moment. A plus sign that was not percent-encoded arrives as a space."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise ValueError("Must be a day or a moment, as 2026-01-31 or 2026-01-31T12:00:00Z.") from error
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("Lies beyond the calendar.") from error


def _read_yes_or_no(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise ValueError("Must be true or false.")
    return text in ("true", "1")


def _read_text(text: str) -> str:
    if not text:
        raise ValueError("Must not be empty.")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"At most {LONGEST_TEXT} characters.")
    if not is_storable(text):
        raise ValueError("Holds characters that cannot be stored.")
    return text
