"""The file of refused rows, for a user to open, correct and import. It never holds rows beyond the import's position."""

import csv
import os
import stat
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

from config.core.errors import DomainError
from config.core.pg_text import is_storable
from config.core.tabular.formulas import harmless
from leads.imports.header import Header
from leads.imports.row_validation import RefusedRow
from leads.imports.source_file import ALSO_UNREADABLE, UNREADABLE
from leads.intake.validation import FieldProblem

ABOUT = ("row", "line", "field", "message")
"""Columns before the row's own columns."""
_FORBIDDEN = str.maketrans({"\0": ALSO_UNREADABLE, UNREADABLE: ALSO_UNREADABLE})


class RefusedRows:
    """The open file. `size` is its valid length: a killed run may have written more, which the next write cuts off."""

    def __init__(self, path: Path, number: int, *, size: int, delimiter: str) -> None:
        self.path = path
        self.number = number
        self.size = size
        self.delimiter = delimiter

    def begin(self, columns: Sequence[str]) -> None:
        """Write the header, with a byte order mark that tells spreadsheets about UTF-8."""
        self.size = self._append("\ufeff" + self._format([[*ABOUT, *columns]]))

    def add(self, refused: Iterable[RefusedRow]) -> int:
        """Append rows and return the new size. They become valid when `size` is set to it; another call before that overwrites them."""
        rows = []
        for record, problems in sorted(refused, key=lambda row: row.record.row):
            fields = ", ".join(problem.field for problem in problems if problem.field)
            rows.append([str(record.row), str(record.line), fields, _message(problems), *record.cells])
        return self._append(self._format(rows))

    def close(self) -> None:
        os.close(self.number)

    def _append(self, text: str) -> int:
        """Write after the valid part, and sync it to disk before the size is stored."""
        content = memoryview(text.encode())
        try:
            os.ftruncate(self.number, self.size)
            os.lseek(self.number, self.size, os.SEEK_SET)
            while content:
                content = content[os.write(self.number, content) :]
            if text:
                os.fsync(self.number)
        except OSError as error:
            raise DomainError(f"{self.path} cannot be written: {error.strerror}.") from error
        return os.lseek(self.number, 0, os.SEEK_CUR)

    def _format(self, rows: Iterable[Sequence[str]]) -> str:
        buffer = StringIO()
        cells = [[harmless(cell.translate(_FORBIDDEN)) for cell in row] for row in rows]
        csv.writer(buffer, delimiter=self.delimiter).writerows(cells)
        return buffer.getvalue()


def beside(path: Path, run_name: str) -> Path:
    """Return the default path for the refused rows of a file."""
    return path.with_name(f"{path.name}.{run_name.replace(' ', '-')}.errors.csv")


def check_free(path: Path) -> None:
    """Refuse a path that exists, so that no file is overwritten."""
    if not is_storable(str(path)):
        raise DomainError(f"{str(path)!a} is a name that cannot be kept. Name another file for refused rows with --errors.")
    if os.path.lexists(path):
        raise DomainError(f"{path} exists. Move it away, or name another file for refused rows with --errors.")


def open_refused_rows(path: Path, *, size: int, header: Header) -> RefusedRows:
    """Open the file as the import left it; start a new one where it is missing or empty."""
    number = _open(path)
    present_size = os.fstat(number).st_size
    if 0 < present_size < size:
        os.close(number)
        raise DomainError(f"{path} is shorter than this import left it. Put it back, or name another file with --errors.")
    rows = RefusedRows(path, number, size=size if present_size else 0, delimiter=header.delimiter)
    if not rows.size:
        rows.begin(header.names)
    return rows


def _open(path: Path) -> int:
    """Open the file with access for its owner only: it will hold personal data."""
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        raise DomainError(f"{path}, for refused rows, cannot be opened: {error.strerror}. Name another with --errors.") from error
    status = os.fstat(number)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        os.close(number)
        raise DomainError(f"{path} is not a file of yours. Name another for refused rows with --errors.")
    return number


def _message(problems: Sequence[FieldProblem]) -> str:
    if len(problems) == 1:
        return problems[0].message
    return " ".join(f"{problem.field}: {problem.message}" if problem.field else problem.message for problem in problems)
