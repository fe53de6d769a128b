"""The first row of a file: its delimiter and the names of its columns."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from config.core.errors import DomainError
from config.core.tabular.delimiters import DELIMITERS
from config.core.tabular.records import goes_beyond
from config.core.tabular.source_file import SourceFile

_ALSO = {"\\t": "\t", **{sign: sign for sign in DELIMITERS.values()}}
_MEANINGLESS = ("Cc", "Cs")  # control characters and lone surrogates, which stand for bytes that mean nothing in the encoding
_INVISIBLE = "Cf"
MOST_COLUMNS, LONGEST_NAME = 2_000, 200


@dataclass(frozen=True, slots=True)
class Header:
    delimiter: str
    names: tuple[str, ...]
    """On one line, without surrounding spaces and invisible marks; empty for a column without a name. A name may occur repeatedly."""

    def fit(self, cells: list[str]) -> list[str]:
        """Return the row as wide as the header, if it is short of its last cells or longer by empty ones. Else return it as it is."""
        width = len(self.names)
        if len(cells) < width:
            return [*cells, *[""] * (width - len(cells))]
        return cells if goes_beyond(cells, width) else cells[:width]


def fold_name(name: str) -> str:
    """Return the letters and digits of a name, by which `First name`, `first_name` and `FIRST-NAME` are one; of signs alone, the signs."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    visible = "".join(character for character in text if unicodedata.category(character) != _INVISIBLE)
    return "".join(filter(_is_of_a_word, visible)) or "".join(visible.split())


def _is_of_a_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def read_header(source: SourceFile, *, delimiter: str = "") -> Header:
    """Read the header. The delimiter is the given one, that of a `sep=` line, or the only one of the four that splits the header."""
    given = _sign(delimiter) if delimiter else source.delimiter
    signs = [given] if given else list(DELIMITERS.values())
    first_records = {sign: next(source.records(sign), None) for sign in signs}
    readable = {sign: record.cells for sign, record in first_records.items() if record and not record.fault}
    if not readable:
        faults = [record.fault for record in first_records.values() if record]
        raise DomainError(f"The header cannot be read. {faults[0]}" if faults else "The file is empty.")
    dividing = [sign for sign, names in readable.items() if len(names) > 1] or list(readable)[:1]
    if len(dividing) > 1:
        candidates = " or ".join(name for name, sign in DELIMITERS.items() if sign in dividing)
        raise DomainError(f"The header can be read with more than one delimiter: {candidates}. Say which it is with --delimiter.")
    names = tuple(map(_clean_name, readable[dividing[0]]))
    if len(names) == 1 and names[0].casefold().startswith("sep="):
        raise DomainError(f"The first line of the file names a delimiter that is not known here. It may be {', '.join(DELIMITERS)}.")
    _check(names)
    return Header(dividing[0], names)


def _sign(delimiter: str) -> str:
    sign = DELIMITERS.get(delimiter.lower()) or _ALSO.get(delimiter)
    if sign is None:
        raise DomainError(f"The delimiter is one of {', '.join(DELIMITERS)}.", field="delimiter")
    return sign


def _check(names: Sequence[str]) -> None:
    if len(names) > MOST_COLUMNS or any(len(name) > LONGEST_NAME for name in names):
        raise DomainError(
            f"The first row is no header: it has more than {MOST_COLUMNS:,} columns, or a name over {LONGEST_NAME} characters."
        )
    for column, name in enumerate(names, start=1):
        if any(unicodedata.category(character) in _MEANINGLESS for character in name):
            raise DomainError(
                f"The header is not text in this encoding: see column {column}. Say which it is with --encoding, for example cp1252."
            )


def _clean_name(name: str) -> str:
    """Return the name on one line, without spaces and invisible marks at its ends."""
    line = " ".join(name.split())
    seen = [place for place, character in enumerate(line) if not character.isspace() and unicodedata.category(character) != _INVISIBLE]
    return line[seen[0] : seen[-1] + 1] if seen else ""
