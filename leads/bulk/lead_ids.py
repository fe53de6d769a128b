"""Lead ids as people write them: typed, pasted from a report, or in a column of a file."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from config.core.errors import DomainError
from config.core.ids import parse_id
from leads.search import HASH

ENTRIES_AT_MOST = 1_000_000
"""Entries of one source: as many as an action may have leads."""
_ENTRY = re.compile(r"[^\s,;|\ufeff\u200b]+")
_AROUND = "\"'`“”‘’«»()[]{}<>#.:"
_DIGITS = re.compile(r"0*([1-9][0-9]*)(?:\.0+)?")
NOT_AN_ID = "not a lead id"


class Entry(NamedTuple):
    """An entry of a source: the line on which it stands, and its text."""

    line: int
    text: str


def split(text: str) -> Iterator[Entry]:
    """Yield the entries of a text, divided by commas, semicolons, bars, spaces and line ends.

    Raises DomainError for too many before the first is yielded. Neither an entry nor a blank line costs more than a
    look at its characters until then.
    """
    if sum(1 for _ in islice(_ENTRY.finditer(text), ENTRIES_AT_MOST + 1)) > ENTRIES_AT_MOST:
        raise too_many_entries("ids")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    line, counted = 1, 0
    for match in _ENTRY.finditer(text):
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        if match[0].strip(_AROUND):
            yield Entry(line, match[0])


def too_many_entries(field: str) -> DomainError:
    return DomainError(f"More than {ENTRIES_AT_MOST:,} ids are too many at once. Divide them.", field=field, status=413)


def key_of(text: str) -> int | str | None:
    """Return the id that the text means, or the lead hash; None for neither."""
    bare = text.strip().strip(_AROUND).strip().lower()
    if HASH.fullmatch(bare):
        return bare
    digits = _DIGITS.fullmatch(bare)
    try:
        return parse_id(digits[1]) if digits else None
    except ValueError:
        return None
