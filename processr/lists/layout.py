"""The layout of a file of values: its delimiter, the wanted columns, and whether the first line is a heading.

Each line is one entry, so an unclosed quotation mark spoils one entry and not the rest of the file.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from config.core.errors import DomainError
from leads.imports.header import DELIMITERS
from processr.lists.kinds import ListKind, Unfit

WHOLE_LINE = "none"
CHOICES = (
    ("", "Found out from the file"),
    *((name, name.capitalize()) for name in DELIMITERS),
    (WHOLE_LINE, "None: each line is one entry"),
)
LONGEST_LINE = 20_000
SAMPLE = 20
_NO_SIGN = "\x1f"
"""A character that does not occur in such files, so it divides nothing."""


@dataclass(frozen=True, slots=True)
class FileLayout:
    """A file's layout. `heading` is the number of the heading line, 0 if there is none."""

    sign: str
    places: tuple[int, ...]
    heading: int

    def cells(self, line: str) -> list[str]:
        """Return the wanted cells of a line. Raise Unfit if it has too few columns."""
        found = divided(line, self.sign)
        if len(found) <= max(self.places):
            raise Unfit(f"has only {len(found)} of {max(self.places) + 1} columns")
        return [found[place] for place in self.places]


def of_file(path: Path, kind: ListKind, *, delimiter: str) -> FileLayout:
    """Return the layout that the first lines show. Raise DomainError, with advice, if it is ambiguous."""
    with path.open("rb") as file:
        numbered = list(islice(((n, text) for n, text in enumerate(_texts(file), 1) if text.strip()), SAMPLE))
    if not numbered:
        raise DomainError("The file is empty.", field="file")
    lines = [text for _, text in numbered]
    sign = _sign(delimiter) if delimiter else _guessed(lines, kind)
    first = _divided_or_whole(lines[0], sign)
    if kind.is_heading(first):
        return FileLayout(sign, _named(kind.places(first), first), numbered[0][0])
    if len(first) != len(kind.cells):
        raise DomainError(_why_unclear(first, kind), field="file")
    return FileLayout(sign, tuple(range(len(kind.cells))), 0)


def check_delimiter(name: str) -> None:
    if name not in dict(CHOICES):
        raise DomainError(f"The delimiter is one of {', '.join([*DELIMITERS, WHOLE_LINE])}.", field="delimiter")


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines with their ends.

    A line beyond the limit is cut where it is too long already: the rest of it is skipped, and it still counts as one
    line.
    """
    while line := file.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
        yield line


def divided(line: str, sign: str) -> list[str]:
    """Divide a line into cells. Raise Unfit if its quotation marks do not match."""
    line = line.rstrip("\n")
    if '"' not in line:
        return line.split(sign)
    try:
        return next(csv.reader([line], delimiter=sign, strict=True))
    except (csv.Error, StopIteration) as error:
        raise Unfit("has a quotation mark that is not closed, or one where none may be") from error


def _texts(file: BinaryIO) -> Iterator[str]:
    return (line.decode("utf-8", "replace") for line in lines_of(file))


def _sign(name: str) -> str:
    check_delimiter(name)
    return _NO_SIGN if name == WHOLE_LINE else DELIMITERS[name]


def _named(places: list[list[int]], heading: Sequence[str]) -> tuple[int, ...]:
    if doubtful := next((columns for columns in places if len(columns) > 1), None):
        names = ", ".join(heading[place].strip() for place in doubtful)
        raise DomainError(f"Several columns could be the one that is wanted: {names}. Leave the others out.", field="file")
    return tuple(columns[0] for columns in places)


def _guessed(lines: Sequence[str], kind: ListKind) -> str:
    """Return the delimiter that divides every line into the same number of cells.

    If several do, the one that yields a known heading is taken.
    """
    dividing = [sign for sign in DELIMITERS.values() if _divides(lines, sign)]
    known = [sign for sign in dividing if kind.is_heading(_divided_or_whole(lines[0], sign))]
    if len(known) == 1 or len(dividing) == 1:
        return (known or dividing)[0]
    if dividing:
        names = " or ".join(name for name, sign in DELIMITERS.items() if sign in dividing)
        raise DomainError(f"The file can be read with more than one delimiter: {names}. Choose one.", field="delimiter")
    return _NO_SIGN


def _divides(lines: Sequence[str], sign: str) -> bool:
    widths = {len(_divided_or_whole(line, sign)) for line in lines}
    return len(widths) == 1 and widths != {1}


def _divided_or_whole(line: str, sign: str) -> list[str]:
    try:
        return divided(line, sign)
    except Unfit:
        return [line]


def _why_unclear(first: Sequence[str], kind: ListKind) -> str:
    wanted = " and ".join(kind.cells)
    if len(kind.cells) > 1:
        return f"The first line has {len(first)} columns. Give the columns a first line with the headings {wanted}."
    return (
        f"The file has {len(first)} columns, and no heading says which of them to take. Name that one {wanted} in a first line, "
        "or choose that each line is one entry."
    )
