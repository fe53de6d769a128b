"""The reader of a file of values.

`read_layout` finds its delimiter, the required columns, and whether the first line is a heading; `read_parts` yields its
entries, its refused lines with their reasons, and where the next part begins. Each line is one entry, so an unclosed
quotation mark spoils one entry and not the rest of the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from config.core.errors import DomainError
from config.core.tabular.delimiters import DELIMITERS, delimiter_by_line
from config.core.tabular.formulas import restore
from config.core.tabular.records import UnclosedQuote, split_line
from leads.values.texts import is_blank
from processr.lists.kinds import EntryRow, InvalidEntry, ListKind
from processr.lists.storing import CHUNK

WHOLE_LINE = "none"
DELIMITER_CHOICES = (
    ("", "Found out from the file"),
    *((name, name.capitalize()) for name in DELIMITERS),
    (WHOLE_LINE, "None: each line is one entry"),
)
LONGEST_LINE = 20_000
SAMPLE = 20
CHARACTERS = 4_000_000
"""The most characters of a part, so that one with long lines ends earlier."""
_NO_DELIMITER = "\x1f"
"""A character that does not occur in such files, so it divides nothing."""


@dataclass(frozen=True, slots=True)
class FileLayout:
    """A file's layout. `before` is the number of the last line before the entries: the heading or a `sep=` line, 0 without them."""

    delimiter: str
    columns: tuple[int, ...]
    before: int

    def cells(self, line: str) -> list[str]:
        """Return the required cells of a line. Raise InvalidEntry if it has too few columns."""
        cells = split_cells(line, self.delimiter)
        if len(cells) <= max(self.columns):
            raise InvalidEntry(f"has only {len(cells)} of {max(self.columns) + 1} columns")
        return [cells[column] for column in self.columns]


def read_layout(path: Path, kind: ListKind, *, delimiter: str) -> FileLayout:
    """Return the layout that the first lines show. Raise DomainError, with advice, if it is ambiguous."""
    with path.open("rb") as file:
        texts = (line.decode("utf-8", "replace") for line in read_lines(file))
        numbered = list(islice(((n, text) for n, text in enumerate(texts, 1) if text.strip()), SAMPLE))
    if not numbered:
        raise DomainError("The file is empty.", field="file")
    before, own_delimiter = 0, delimiter_by_line(numbered[0][1])
    if own_delimiter and len(numbered) > 1:
        before = numbered.pop(0)[0]
    lines = [text for _, text in numbered]
    if delimiter:
        check_delimiter(delimiter)
        character = _NO_DELIMITER if delimiter == WHOLE_LINE else DELIMITERS[delimiter]
    else:
        character = own_delimiter if before else _guess_delimiter(lines, kind)
    first = _split_or_whole(lines[0], character)
    if kind.is_heading(first):
        return FileLayout(character, _heading_columns(first, kind), numbered[0][0])
    while len(first) > len(kind.cells) and not first[-1].strip():  # delimiters at the end of each line
        first.pop()
    if len(first) != len(kind.cells):
        raise DomainError(_explain_unclear(first, kind), field="file")
    return FileLayout(character, tuple(range(len(kind.cells))), before)


def check_delimiter(name: str) -> None:
    if name not in dict(DELIMITER_CHOICES):
        raise DomainError(f"The delimiter is one of {', '.join([*DELIMITERS, WHOLE_LINE])}.", field="delimiter")


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines with their ends.

    A line beyond the limit is cut where it is too long already: the rest of it is skipped, and it still counts as one
    line.
    """
    while line := file.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
        yield line


def split_cells(line: str, delimiter: str) -> list[str]:
    """Divide a line into cells. Raise InvalidEntry if its quotation marks do not match."""
    try:
        return split_line(line, delimiter)
    except UnclosedQuote as error:
        raise InvalidEntry("has a quotation mark that is not closed, or one where none may be") from error


def _heading_columns(heading: Sequence[str], kind: ListKind) -> tuple[int, ...]:
    matching = kind.matching_columns(heading)
    if doubtful := next((columns for columns in matching if len(columns) > 1), None):
        names = ", ".join(heading[column].strip() for column in doubtful)
        raise DomainError(f"Several columns could be the one that is wanted: {names}. Leave the others out.", field="file")
    return tuple(columns[0] for columns in matching)


def _guess_delimiter(lines: Sequence[str], kind: ListKind) -> str:
    """Return the delimiter that divides every line into the same number of cells.

    If several do, the one that yields a known heading is taken.
    """
    dividing = []
    for delimiter in DELIMITERS.values():
        widths = {len(_split_or_whole(line, delimiter)) for line in lines}
        if len(widths) == 1 and widths != {1}:
            dividing.append(delimiter)
    with_heading = [delimiter for delimiter in dividing if kind.is_heading(_split_or_whole(lines[0], delimiter))]
    if len(with_heading) == 1 or len(dividing) == 1:
        return (with_heading or dividing)[0]
    if dividing:
        names = " or ".join(name for name, delimiter in DELIMITERS.items() if delimiter in dividing)
        raise DomainError(f"The file can be read with more than one delimiter: {names}. Choose one.", field="delimiter")
    return _NO_DELIMITER


def _split_or_whole(line: str, delimiter: str) -> list[str]:
    try:
        return split_cells(line, delimiter)
    except InvalidEntry:
        return [line]


def _explain_unclear(first: Sequence[str], kind: ListKind) -> str:
    names = " and ".join(kind.cells)
    if len(kind.cells) > 1:
        return f"The first line has {len(first)} columns. Give the columns a first line with the headings {names}."
    return (
        f"The file has {len(first)} columns, and no heading says which of them to take. Name that one {names} in a first line, "
        "or choose that each line is one entry."
    )


@dataclass(slots=True)
class FilePart:
    """A part of a file. `lines` counts all lines, also blank ones and the heading; `end` is the byte where the next part begins."""

    end: int
    lines: int = 0
    rows: list[EntryRow] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def read_parts(file: BinaryIO, kind: ListKind, layout: FileLayout, *, position: int, line: int) -> Iterator[FilePart]:
    """Yield the parts from byte `position` on, which is the end of line number `line`."""
    file.seek(position)
    part = FilePart(position)
    size = 0
    for data in read_lines(file):
        line += 1
        part.lines += 1
        size += len(data)
        if line > layout.before:
            _add_line(part, data, kind, layout, line)
        if part.lines >= CHUNK or size >= CHARACTERS:
            part.end = file.tell()
            yield part
            part, size = FilePart(part.end), 0
    if part.lines:
        part.end = file.tell()
        yield part


def _add_line(part: FilePart, data: bytes, kind: ListKind, layout: FileLayout, line: int) -> None:
    try:
        if len(data) > LONGEST_LINE:
            raise InvalidEntry(f"is longer than {LONGEST_LINE:,} characters")
        text = data.decode()
        if is_blank(text):
            return
        part.rows.append(kind.row([restore(cell) for cell in layout.cells(text)]))
    except InvalidEntry as problem:
        part.refused.append(f"Line {line:,} {problem}.")
