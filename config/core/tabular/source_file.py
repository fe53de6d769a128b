"""The source file of an import, text or workbook: its encoding, its checksum, its records, and whether it changes while it is read."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from config.core.errors import DomainError
from config.core.pg_text import is_storable
from config.core.tabular.delimiters import LONGEST_SEPARATOR_LINE, delimiter_by_line
from config.core.tabular.encodings import ERRORS, WIDE, choose_encoding, encoding_by_mark
from config.core.tabular.protection import unlocked
from config.core.tabular.records import Record, table_records
from config.core.tabular.workbook_reader import WORKBOOK, Workbook, is_workbook


class SourceFile:
    """The open file. It is read for its checksum, for its encoding, and then for its records.

    `content` is what is inside of `raw` where that is packed or encrypted, else `raw` itself. `encoding` is the one that was
    asked for; that of a workbook is `WORKBOOK`.
    """

    def __init__(self, path: Path, raw: BufferedReader, content: BinaryIO, *, encoding: str = "") -> None:
        self.path = path
        self.raw = raw
        self._content = content
        self._version = self._stat()
        self.sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
        self.size = content.seek(0, os.SEEK_END)
        content.seek(0)
        head = content.read(4)
        if is_workbook(head):
            self.workbook: Workbook | None = Workbook(content)
            self.encoding, self.is_guessed = WORKBOOK, False
        else:
            self.workbook = None
            self.encoding = choose_encoding(content, encoding)
            self.is_guessed = not (encoding or encoding_by_mark(head))
            if not self.encoding.startswith(WIDE) and b"\0" in head:
                raise DomainError("This file is not text: it begins with NUL characters. Save it as CSV or XLSX.", field="file")

    @cached_property
    def delimiter(self) -> str:
        """The delimiter that the file itself names, by a `sep=` line or by being a workbook; empty if it names none."""
        return "," if self.workbook else delimiter_by_line(self.text().readline(LONGEST_SEPARATOR_LINE))

    def text(self) -> TextIOWrapper:
        """Return the text from its beginning, with line ends as they are."""
        self._text.seek(0)
        return self._text

    def records(self, delimiter: str) -> Iterator[Record]:
        """Yield the records from the first one on, the header, without a `sep=` line. Neutralised cells of text are restored."""
        return self.workbook.records() if self.workbook else table_records(self.text(), delimiter)

    @property
    def bytes_read(self) -> int:
        """The position in the file, a little ahead of the text that was read."""
        return round(self.size * self.workbook.progress) if self.workbook else self._content.tell()

    @property
    def has_changed(self) -> bool:
        """Whether the file was written to since it was opened."""
        return self._stat() != self._version

    @cached_property
    def _text(self) -> TextIOWrapper:
        return TextIOWrapper(self._content, encoding=self.encoding, errors=ERRORS, newline="")

    def _stat(self) -> tuple[int, int]:
        status = os.fstat(self.raw.fileno())
        return status.st_size, status.st_mtime_ns


@contextmanager
def open_source(path: Path, *, encoding: str = "", password: str = "") -> Iterator[SourceFile]:
    """Open the file, or the only one inside of a ZIP file.

    A byte order mark takes precedence over the given encoding; without both, it is guessed.
    """
    with _open(path) as raw, unlocked(raw, password=password) as content:
        yield SourceFile(path, raw, content, encoding=encoding)


def _open(path: Path) -> BufferedReader:
    if not is_storable(str(path)):
        raise DomainError(f"{str(path)!a} is a name that cannot be kept. Give the file another.")
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe can be read only once, and may never end
            raise DomainError(f"{path} is not a file.")
        return path.open("rb")
    except OSError as error:
        raise DomainError(f"{path} cannot be read: {error.strerror}.") from error
