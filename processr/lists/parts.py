"""A file of values, part after part: which lines are entries, which are refused and why, and where the next part begins."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from processr.lists.kinds import Kind, Row, Unfit
from processr.lists.layout import LONGEST_LINE, Layout, lines_of
from processr.lists.spreadsheet import as_written
from processr.lists.storing import CHUNK

CHARACTERS = 4_000_000
"""A part of long lines ends earlier."""


@dataclass(slots=True)
class Part:
    """`lines` counts all of them, blank ones and the heading too; `end` is where the next part begins, in bytes."""

    end: int
    lines: int = 0
    rows: list[Row] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def parts(file: BinaryIO, kind: Kind, how: Layout, *, position: int, line: int) -> Iterator[Part]:
    """From `position`, which is after `line` lines."""
    file.seek(position)
    part = Part(position)
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
            part, size = Part(part.end), 0
    if part.lines:
        part.end = file.tell()
        yield part


def _take(part: Part, data: bytes, kind: Kind, how: Layout, line: int) -> None:
    try:
        if len(data) > LONGEST_LINE:
            raise Unfit(f"is longer than {LONGEST_LINE:,} characters")
        text = data.decode()
        if text.isspace():
            return
        part.rows.append(kind.row([as_written(cell) for cell in how.cells(text)]))
    except Unfit as unfit:
        part.refused.append(f"Line {line:,} {unfit}.")
