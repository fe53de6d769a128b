"""Lead ids as people write them: typed, pasted from a report, or in a column of a file."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from config.core.ids import parse_id

_SEPARATORS = re.compile(r"[\s,;|\ufeff\u200b]+")
_AROUND = "\"'`“”‘’«»()[]{}<>#.:"
_DIGITS = re.compile(r"0*([1-9][0-9]*)(?:\.0+)?")
_HASH = re.compile(r"[0-9a-f]{32}")
NOT_AN_ID = "not a lead id"


class Entry(NamedTuple):
    """An entry of a source: the line on which it stands, and its text."""

    line: int
    text: str


def split(text: str) -> Iterator[Entry]:
    """Yield the entries of a text, divided by commas, semicolons, bars, spaces and line ends."""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        for part in _SEPARATORS.split(line):
            if part.strip(_AROUND):
                yield Entry(number, part)


def key_of(text: str) -> int | str | None:
    """Return the id that the text means, or the lead hash; None for neither."""
    bare = text.strip().strip(_AROUND).strip().lower()
    if _HASH.fullmatch(bare):
        return bare
    digits = _DIGITS.fullmatch(bare)
    try:
        return parse_id(digits[1]) if digits else None
    except ValueError:
        return None


def portions(entries: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    portion: list[Entry] = []
    for entry in entries:
        portion.append(entry)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion
