"""Records of a file of plain UTF-8 lines, with the byte at which each begins: there reading can go on later."""

from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, TextIO, cast

from config.core.tabular.records import Record, records

_BLOCK = 1024 * 1024
_BYTES_OF_A_CHARACTER = 4


class PlainText:
    """The text of the file as lines, from its present byte on. `first` is the number of its first line."""

    def __init__(self, file: BinaryIO, first: int) -> None:
        self._file = file
        self._position = file.tell()
        self._number = first
        self._starts: deque[int] = deque()

    def readline(self, limit: int) -> str:
        """Return the next line. One with more characters than the limit is cut, and ends like any other."""
        self._starts.append(self._position)
        data = part = self._file.readline(_BYTES_OF_A_CHARACTER * limit)
        self._position += len(part)
        while part and not part.endswith(b"\n"):
            part = self._file.readline(_BLOCK)
            self._position += len(part)
        text = data.decode(errors="replace")
        return text if len(text) <= limit else f"{text[: limit - 1]}\n"

    def start_of(self, line: int) -> int:
        """Return the byte at which a line begins. Earlier lines are forgotten."""
        while self._number < line:
            self._starts.popleft()
            self._number += 1
        return self._starts[0]


def placed_records(file: BinaryIO, delimiter: str, *, position: int = 0) -> Iterator[tuple[int, Record]]:
    """Yield the records from a byte on at which one begins, each with its own byte. Rows and lines count from the file's first line."""
    first = count_lines(file, position) + 1
    file.seek(position)
    text = PlainText(file, first)
    for record in records(cast(TextIO, text), delimiter, first_row=first):
        yield text.start_of(record.line), record


def count_lines(file: BinaryIO, position: int) -> int:
    """Count the lines before the position."""
    file.seek(0)
    lines = 0
    while position > 0 and (block := file.read(min(_BLOCK, position))):
        lines += block.count(b"\n")
        position -= len(block)
    return lines
