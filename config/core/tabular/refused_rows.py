"""A file of refused rows, for a user to open, correct and import. It never holds rows beyond the position of its run."""

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from config.core.errors import DomainError
from config.core.pg_text import is_storable
from config.core.tabular.csv_writer import MARK, CsvFormat, format_rows
from config.core.tabular.delimiters import DELIMITERS
from config.core.tabular.encodings import ALSO_UNREADABLE, UNREADABLE

_FORBIDDEN = str.maketrans({"\0": ALSO_UNREADABLE, UNREADABLE: ALSO_UNREADABLE})


class RefusedRowsFile:
    """The open file. `size` is its valid length: a killed run may have written more, which the next write cuts off."""

    def __init__(self, path: Path, number: int, *, size: int, delimiter: str) -> None:
        self.path = path
        self.number = number
        self.size = size
        self.format = CsvFormat(delimiter=delimiter)

    def begin(self, columns: Sequence[str]) -> None:
        """Write the header, with a byte order mark that tells spreadsheets about UTF-8, so that no other delimiter divides it."""
        divides = any(sign in name for name in columns for sign in DELIMITERS.values())
        csv_format = replace(self.format, quotes_all=divides)
        self.size = self._append(MARK + _format([columns], csv_format))

    def add(self, rows: Iterable[Sequence[str]]) -> int:
        """Append rows and return the new size. They become valid when `size` is set to it; another call before that overwrites them."""
        return self._append(_format(rows, self.format))

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


def _format(rows: Iterable[Sequence[str]], csv_format: CsvFormat) -> str:
    return format_rows([[cell.translate(_FORBIDDEN) for cell in row] for row in rows], csv_format)


def beside(path: Path, run_name: str) -> Path:
    """Return the default path for the refused rows of a file."""
    return path.with_name(f"{path.name}.{run_name.replace(' ', '-')}.errors.csv")


def check_free(path: Path) -> None:
    """Refuse a path that exists, so that no file is overwritten."""
    if not is_storable(str(path)):
        raise DomainError(f"{str(path)!a} is a name that cannot be kept. Name another file for refused rows with --errors.")
    if os.path.lexists(path):
        raise DomainError(f"{path} exists. Move it away, or name another file for refused rows with --errors.")


def open_refused_rows(path: Path, *, size: int, columns: Sequence[str], delimiter: str) -> RefusedRowsFile:
    """Open the file as the run left it; start a new one where it is missing or empty."""
    number = _open(path)
    present_size = os.fstat(number).st_size
    if 0 < present_size < size:
        os.close(number)
        raise DomainError(f"{path} is shorter than this import left it. Put it back, or name another file with --errors.")
    rows = RefusedRowsFile(path, number, size=size if present_size else 0, delimiter=delimiter)
    if not rows.size:
        rows.begin(columns)
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
