"""The reader of a file of values.

`read_layout` finds its delimiter, the required columns, and whether the first row is a heading; `read_parts` yields its
entries, its refused rows with their reasons, and where the next part begins. An unclosed quotation mark spoils one line and
not the rest of the file.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from config.core.errors import DomainError
from config.core.tabular.delimiters import DELIMITERS, delimiter_by_line
from config.core.tabular.formulas import restore
from config.core.tabular.plain_lines import placed_records
from config.core.tabular.records import Record, goes_beyond
from processr.lists.kinds import EntryRow, InvalidEntry, ListKind
from processr.lists.storing import CHUNK

WHOLE_LINE = "none"
DELIMITER_CHOICES = (
    ("", "Found out from the file"),
    *((name, name.capitalize()) for name in DELIMITERS),
    (WHOLE_LINE, "None: each line is one entry"),
)
SAMPLE = 20
CHARACTERS = 4_000_000
"""The most characters of a part, so that one with long lines ends earlier."""
_NO_DELIMITER = "\x1f"
"""A character that does not occur in such files, so it divides nothing."""


@dataclass(frozen=True, slots=True)
class FileLayout:
    """A file's layout: its delimiter, the required columns, the names of all columns, and the line at which its entries begin."""

    delimiter: str
    columns: tuple[int, ...]
    heading: tuple[str, ...]
    first_line: int

    @property
    def width(self) -> int:
        return len(self.heading)

    def cells(self, record: Record) -> list[str]:
        """Return the required cells of a row. Raise InvalidEntry if it cannot be read, or is of another width."""
        cells = record.cells
        if record.fault:
            raise InvalidEntry("is too long, or has a quotation mark that is not closed or stands where none may be")
        if goes_beyond(cells, self.width):
            raise InvalidEntry(
                f"has {len(cells)} columns, the first row {self.width}: a delimiter inside of an entry needs quotation marks"
            )
        try:
            return [restore(cells[column]) for column in self.columns]
        except IndexError as error:
            raise InvalidEntry(f"has only {len(cells)} of {max(self.columns) + 1} columns") from error


def read_layout(path: Path, kind: ListKind, *, delimiter: str) -> FileLayout:
    """Return the layout that the first rows show. Raise DomainError, with advice, if it is ambiguous."""
    if delimiter:
        check_delimiter(delimiter)
    with path.open("rb") as file:
        samples = {sign: _sample(file, sign) for sign in (_NO_DELIMITER, *DELIMITERS.values())}
    whole_lines = samples[_NO_DELIMITER]
    if not whole_lines:
        raise DomainError("The file is empty.", field="file")
    own_delimiter = delimiter_by_line(whole_lines[0].cells[0]) if len(whole_lines) > 1 else ""
    if own_delimiter:
        samples = {sign: [record for record in rows if record.line > whole_lines[0].line] for sign, rows in samples.items()}
    if delimiter:
        sign = _NO_DELIMITER if delimiter == WHOLE_LINE else DELIMITERS[delimiter]
    else:
        sign = own_delimiter or _guess_delimiter(samples, kind)
    if not samples[sign]:
        raise DomainError("The file is empty.", field="file")
    return _layout(samples[sign], sign, kind)


def _sample(file: BinaryIO, delimiter: str) -> list[Record]:
    return [record for _, record in islice(placed_records(file, delimiter), SAMPLE + 1)]


def _layout(rows: Sequence[Record], delimiter: str, kind: ListKind) -> FileLayout:
    first = list(rows[0].cells)
    if not rows[0].fault and kind.is_heading(first):
        first_line = rows[1].line if len(rows) > 1 else rows[0].line + 1
        return FileLayout(delimiter, _heading_columns(first, kind), tuple(first), first_line)
    while len(first) > len(kind.cells) and not first[-1].strip():  # delimiters at the end of each line
        first.pop()
    if len(first) != len(kind.cells):
        raise DomainError(_explain_unclear(first, kind), field="file")
    return FileLayout(delimiter, tuple(range(len(kind.cells))), kind.cells, rows[0].line)


def check_delimiter(name: str) -> None:
    if name not in dict(DELIMITER_CHOICES):
        raise DomainError(f"The delimiter is one of {', '.join([*DELIMITERS, WHOLE_LINE])}.", field="delimiter")


def _heading_columns(heading: Sequence[str], kind: ListKind) -> tuple[int, ...]:
    matching = kind.matching_columns(heading)
    if doubtful := next((columns for columns in matching if len(columns) > 1), None):
        names = ", ".join(heading[column].strip() for column in doubtful)
        raise DomainError(f"Several columns could be the one that is wanted: {names}. Leave the others out.", field="file")
    return tuple(columns[0] for columns in matching)


def _guess_delimiter(samples: Mapping[str, Sequence[Record]], kind: ListKind) -> str:
    """Return the delimiter that divides the first row into a known heading, or every row into the same number of cells.

    If several delimiters do, the one with the heading is taken.
    """
    dividing, with_heading = [], []
    for sign in DELIMITERS.values():
        widths = [1 if record.fault else len(record.cells) for record in samples[sign]]
        if not widths or widths[0] == 1:
            continue
        has_heading = kind.is_heading(samples[sign][0].cells)
        if has_heading or set(widths) == {widths[0]}:
            dividing.append(sign)
            with_heading += [sign] if has_heading else []
    if len(with_heading) == 1 or len(dividing) == 1:
        return (with_heading or dividing)[0]
    if dividing:
        names = " or ".join(name for name, sign in DELIMITERS.items() if sign in dividing)
        raise DomainError(f"The file can be read with more than one delimiter: {names}. Choose one.", field="delimiter")
    return _NO_DELIMITER


def _explain_unclear(first: Sequence[str], kind: ListKind) -> str:
    names = " and ".join(kind.cells)
    if len(kind.cells) > 1:
        return f"The first line has {len(first)} columns. Give the columns a first line with the headings {names}."
    return (
        f"The file has {len(first)} columns, and no heading says which of them to take. Name that one {names} in a first line, "
        "or choose that each line is one entry."
    )


@dataclass(frozen=True, slots=True)
class RefusedLine:
    line: int
    problem: str
    cells: Sequence[str]

    @property
    def message(self) -> str:
        return f"Line {self.line:,} {self.problem}."


@dataclass(slots=True)
class FilePart:
    """A part of a file. `end` is the byte where the next part begins."""

    end: int = 0
    rows: list[EntryRow] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)
    characters: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.rows) + len(self.refused) >= CHUNK or self.characters >= CHARACTERS


def read_parts(file: BinaryIO, kind: ListKind, layout: FileLayout, *, position: int) -> Iterator[FilePart]:
    """Yield the parts from byte `position` on, which is the beginning of a row."""
    part = FilePart()
    for start, record in placed_records(file, layout.delimiter, position=position):
        if record.line < layout.first_line:
            continue
        if part.is_full:
            part.end = start
            yield part
            part = FilePart()
        _add_record(part, record, kind, layout)
    if part.rows or part.refused:
        part.end = file.seek(0, os.SEEK_END)
        yield part


def _add_record(part: FilePart, record: Record, kind: ListKind, layout: FileLayout) -> None:
    part.characters += sum(map(len, record.cells))
    try:
        part.rows.append(kind.row(layout.cells(record)))
    except InvalidEntry as problem:
        part.refused.append(RefusedLine(record.line, str(problem), record.cells))
