"""The records of a CSV file, one at a time and in bounded memory, however broken the file is."""

import csv
import re
from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple, TextIO

from config.core.tabular.delimiters import DELIMITERS, LONGEST_SEPARATOR_LINE, delimiter_by_line
from config.core.tabular.formulas import restore

LONGEST_RECORD = 262_144
MOST_LINES = 1_000
"""Limits of one record. A longer one is mostly an unclosed quotation mark, which would swallow the rest of the file."""
MARK, END_OF_FILE = "\ufeff", "\x1a"
"""The byte order mark, in the middle of files that were appended to each other, and Ctrl-Z, with which DOS ended files."""
_SPACER = f" \u00a0\u200b{MARK}{END_OF_FILE}{''.join(DELIMITERS.values())}"
SHOWN = 500
"""Characters of a broken record that are shown."""

_FAULTS = {
    "field larger": "A cell that begins in this row is too long. If it is not meant to be, a quotation mark in this row is never closed.",
    "unexpected end": "A quotation mark that opens in this row is never closed.",
    "expected after": "A quotation mark stands where none may. Inside quotes it is written twice.",
}
_TOO_LONG = (
    f"This row is longer than {LONGEST_RECORD:,} characters or {MOST_LINES:,} lines. "
    "If it is not meant to be, a quotation mark in it is never closed."
)


class Record(NamedTuple):
    """A row of the file.

    `row` counts as a spreadsheet does, `line` is where the record begins. With a fault, `cells` is the start of its
    text.
    """

    row: int
    line: int
    cells: list[str]
    fault: str = ""


def goes_beyond(cells: list[str], width: int) -> bool:
    """Return whether a row has more than empty cells beyond that many columns."""
    return any(map(str.strip, cells[width:]))


def is_blank(cells: list[str]) -> bool:
    """Return whether a row has nothing in it: empty cells, or one of delimiters alone, which some programs write between tables."""
    return not any(map(str.strip, cells)) or (len(cells) == 1 and not cells[0].strip(_SPACER))


def clean_line(line: str) -> str:
    """Return a line without the mark that another file began with before it was appended, and without the end mark of DOS."""
    line = line.removeprefix(MARK)
    return line if line.endswith(("\n", "\r")) else line.rstrip(END_OF_FILE)


class TooLong(Exception):
    """The record exceeds the limits."""


def records(file: TextIO, delimiter: str, *, first_row: int = 1) -> Iterator[Record]:
    """Yield the records, without blank ones. After a broken record, reading continues at its second line: the others may be whole.

    The file must be opened without translation of line ends. `first_row` is the number of the first row and line.
    """
    lines = _Lines(file, first_row - 1)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    for row in count(first_row):
        line = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, TooLong) as error:
            first = lines.take_back()
            messages = (message for words, message in _FAULTS.items() if words in str(error))
            fault = _TOO_LONG if isinstance(error, TooLong) else next(messages, f"This row cannot be read: {error}.")
            yield Record(row, line, [first[:SHOWN]], f"{fault} See column {_broken_column(first, delimiter)}.")
            continue
        if not is_blank(cells):
            yield Record(row, line, cells)


def table_records(file: TextIO, delimiter: str) -> Iterator[Record]:
    """Yield the records from the beginning of the file, without a `sep=` line and without blank ones. Neutralised cells are restored."""
    file.seek(0)
    first_row = 2 if delimiter_by_line(file.readline(LONGEST_SEPARATOR_LINE)) else 1
    if first_row == 1:
        file.seek(0)
    for record in records(file, delimiter, first_row=first_row):
        cells = record.cells if record.fault else list(map(restore, record.cells))
        if any(map(str.strip, cells)):
            yield record._replace(cells=cells)


def _broken_column(line: str, delimiter: str) -> int:
    """Return the number of the cell at which the line cannot be read on."""
    sign = re.escape(delimiter)
    cell = re.compile(f'(?:"(?:[^"]|"")*"|[^"{sign}][^{sign}]*|){sign}')
    column, end = 1, 0
    while (match := cell.match(line, end)) and match.end() - end <= csv.field_size_limit():
        column, end = column + 1, match.end()
    return column


class _Lines:
    """Lines for the csv module.

    It remembers the lines of the current record, so that all but the first of a broken one can be read again.
    """

    def __init__(self, file: TextIO, number: int) -> None:
        self.file = file
        self.number = number
        self.length = 0
        self.taken: list[str] = []
        self.pending: deque[str] = deque()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.pending.popleft() if self.pending else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self.length += len(line)
        self.taken.append(line)
        if self.length > LONGEST_RECORD or len(self.taken) > MOST_LINES:
            raise TooLong
        return line

    def begin(self) -> int:
        """Return the number of the line at which the next record begins."""
        self.taken.clear()
        self.length = 0
        return self.number + 1

    def take_back(self) -> str:
        """Return the broken record's first line, and queue the others to be read again."""
        first, *others = self.taken
        self.pending.extendleft(reversed(others))
        self.number -= len(others)
        return first

    def _read(self) -> str:
        """Read a line. A line beyond the limit is cut, so that it is never in memory as a whole."""
        part = self.file.readline(LONGEST_RECORD + 1)
        line = clean_line(part)
        while len(part) > LONGEST_RECORD and not part.endswith(("\n", "\r")):
            part = self.file.readline(LONGEST_RECORD + 1)
        return line
