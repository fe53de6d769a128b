"""The source file of an import: its encoding, its checksum, and whether it changes while it is read."""

import codecs
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, TextIOWrapper
from pathlib import Path

from config.core.errors import DomainError
from config.core.pg_text import is_storable

UNREADABLE = "\udcff"
"""Replaces bytes that mean nothing in the file's encoding. It is a lone surrogate, so it cannot come from the file itself."""
ALSO_UNREADABLE = "\ufffd"
_HANDLER = "sluice.unreadable"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PLAIN = rb"""azAZ09 !"#$%&'()*+,-./:;<=>?@[]^_`{|}~ \x41 \u0041 +AGE- ~{"""
_WIDE = ("utf-16", "utf-32")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def _unreadable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNREADABLE, error.end


codecs.register_error(_HANDLER, _unreadable)


class SourceFile:
    """The open file. It is read twice: once for its checksum, once for its records."""

    def __init__(self, path: Path, raw: BufferedReader, *, encoding: str) -> None:
        self.path = path
        self.raw = raw
        self.size = os.fstat(raw.fileno()).st_size
        self._version = self._stat()
        self.encoding = encoding
        self.sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
        self._text = TextIOWrapper(raw, encoding=encoding, errors=_HANDLER, newline="")

    def text(self) -> TextIOWrapper:
        """Return the text from its beginning, with line ends as they are."""
        self._text.seek(0)
        return self._text

    @property
    def bytes_read(self) -> int:
        """The position in the file, a little ahead of the text that was read."""
        return self.raw.tell()

    @property
    def has_changed(self) -> bool:
        """Whether the file was written to since it was opened."""
        return self._stat() != self._version

    def _stat(self) -> tuple[int, int]:
        status = os.fstat(self.raw.fileno())
        return status.st_size, status.st_mtime_ns


@contextmanager
def open_source(path: Path, *, encoding: str = "") -> Iterator[SourceFile]:
    """Open the file. A byte order mark takes precedence over the given encoding; the default is UTF-8."""
    with _open(path) as raw:
        yield SourceFile(path, raw, encoding=_detect_encoding(raw.peek(4)[:4], encoding))


def is_workbook(beginning: bytes) -> bool:
    return beginning.startswith(_WORKBOOKS)


def encoding_by_mark(beginning: bytes) -> str:
    """Return the encoding of the byte order mark, from the first four bytes; empty without one."""
    return next((encoding for mark, encoding in _MARKS.items() if beginning.startswith(mark)), "")


def _open(path: Path) -> BufferedReader:
    if not is_storable(str(path)):
        raise DomainError(f"{str(path)!a} is a name that cannot be kept. Give the file another.")
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe can be read only once, and may never end
            raise DomainError(f"{path} is not a file.")
        return path.open("rb")
    except OSError as error:
        raise DomainError(f"{path} cannot be read: {error.strerror}.") from error


def _detect_encoding(beginning: bytes, requested: str) -> str:
    if is_workbook(beginning):
        raise DomainError("This is a workbook, not a CSV file. Save it as CSV and import that.")
    encoding = encoding_by_mark(beginning) or _canonical(requested or "utf-8")
    if not encoding.startswith(_WIDE) and b"\0" in beginning:
        raise DomainError("This file is not text. If it is UTF-16 without a byte order mark, say --encoding utf-16-le.")
    return encoding


def _canonical(name: str) -> str:
    """Return the canonical name of an encoding. Only supersets of ASCII and UTF-16/32 are accepted."""
    try:
        canonical = codecs.lookup(name).name
        accepted = canonical.startswith(_WIDE) or _PLAIN.decode(canonical, _HANDLER) == _PLAIN.decode("ascii")
    except (LookupError, UnicodeError, ValueError):
        accepted = False
    if not accepted:
        raise DomainError(f"There is no encoding {name}. Most files are utf-8; older ones of Windows are cp1252.")
    return canonical
