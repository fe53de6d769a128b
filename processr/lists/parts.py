"""A file of values, part by part: its entries, its refused lines with their reasons, and where the next part begins."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from processr.lists.kinds import ListKind, Row, Unfit
from processr.lists.layout import LONGEST_LINE, FileLayout, lines_of
from processr.lists.spreadsheet import as_written
from processr.lists.storing import CHUNK

CHARACTERS = 4_000_000
"""The most characters of a part, so that one with long lines ends earlier."""


@dataclass(slots=True)
class FilePart:
    """A part of a file. `lines` counts all lines, also blank ones and the heading; `end` is the byte where the next part begins."""

    end: int
    lines: int = 0
    rows: list[Row] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def parts(file: BinaryIO, kind: ListKind, how: FileLayout, *, position: int, line: int) -> Iterator[FilePart]:
    """Yield the parts from byte `position` on, which is the end of line number `line`."""
    file.seek(position)
    part = FilePart(position)
    size = 0
    for data in lines_of(file):
        line += 1
        part.lines += 1
        size += len(data)
        if line != how.heading:
            _take(part, data, kind, how, line)
        if part.lines >= CHUNK or size >= CHARACTERS:
            part.end = file.tell()
            yield part
            part, size = FilePart(part.end), 0
    if part.lines:
        part.end = file.tell()
        yield part


def _take(part: FilePart, data: bytes, kind: ListKind, how: FileLayout, line: int) -> None:
    try:
        if len(data) > LONGEST_LINE:
            raise Unfit(f"is longer than {LONGEST_LINE:,} characters")
        text = data.decode()
        if text.isspace():
            return
        part.rows.append(kind.row([as_written(cell) for cell in how.cells(text)]))
    except Unfit as unfit:
        part.refused.append(f"Line {line:,} {unfit}.")
