"""Records of a file of plain UTF-8 lines, with the byte at which each begins: there reading can go on later."""

from collections.abc import Iterator
from typing import BinaryIO, TextIO, cast

from config.core.tabular.records import LONGEST_RECORD, Record, clean_line, is_blank, records

_BLOCK = 1024 * 1024
_BYTES_OF_A_CHARACTER = 4


class PlainText:
    """The text of the file as lines, from a byte on at which line `number` begins."""

    def __init__(self, file: BinaryIO, position: int, number: int) -> None:
        self._file = file
        self.go_to(position, number)

    def go_to(self, position: int, number: int, *, remember: bool = False) -> None:
        """Go to a line. From there on it is remembered where each line begins, if that is wanted."""
        self._file.seek(position)
        self.position, self.number, self._remembers = position, number, remember
        self._starts: list[int] = []

    def readline(self, limit: int) -> str:
        """Return the next line. One with more characters than the limit is cut, and ends like any other."""
        data = part = self._file.readline(_BYTES_OF_A_CHARACTER * limit)
        if not data:
            return ""
        if self._remembers:
            self._starts.append(self.position)
        self.number += 1
        self.position += len(part)
        while part and not part.endswith(b"\n"):  # the rest of a line that is too long
            part = self._file.readline(_BLOCK)
            self.position += len(part)
        text = clean_line(data.decode(errors="replace"))
        return text if len(text) <= limit else f"{text[: limit - 1]}\n"

    def start_of(self, line: int) -> int:
        """Return the byte at which a line begins: one that is remembered, or the next one."""
        return self._starts[line - self.number] if line < self.number else self.position


def placed_records(file: BinaryIO, delimiter: str, *, position: int = 0) -> Iterator[tuple[int, Record]]:
    """Yield the records from a byte on at which one begins, each with its own byte. Rows and lines count from the file's first line.

    A line without quotation marks is a record by itself, so only others are left to the csv module.
    """
    text = PlainText(file, position, count_lines(file, position) + 1)
    while True:
        start, number = text.position, text.number
        line = text.readline(LONGEST_RECORD + 1)
        if not line:
            return
        if '"' in line or len(line) > LONGEST_RECORD:
            text.go_to(start, number, remember=True)
            record = next(records(cast(TextIO, text), delimiter, first_row=number), None)
            if record is None:
                return
            yield text.start_of(record.line), record
            following = record.line + 1 if record.fault else text.number
            text.go_to(text.start_of(following), following)
        elif not is_blank(cells := line.rstrip("\n").split(delimiter)):
            yield start, Record(number, number, cells)


def count_lines(file: BinaryIO, position: int) -> int:
    """Count the lines before the position."""
    file.seek(0)
    lines = 0
    while position > 0 and (block := file.read(min(_BLOCK, position))):
        lines += block.count(b"\n")
        position -= len(block)
    return lines
