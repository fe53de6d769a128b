"""Uploaded files of values.

A file that is not text is refused. The others are stored as plain UTF-8 under a generated name until their import is
over.
"""

import codecs
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from time import time
from typing import BinaryIO, NamedTuple
from uuid import uuid4

from django.conf import settings

from config.core.errors import DomainError
from leads.imports.source_file import encoding_by_mark, is_workbook

LARGEST = 512 * 1024 * 1024
LEFT_BEHIND = 3600.0
"""Seconds after which a file without an import is deleted."""

_HEAD = 4


class Stored(NamedTuple):
    """A stored file. `lines` includes a last line without a line end."""

    path: Path
    size: int
    lines: int


def store(chunks: Iterable[bytes], *, delimiter: str = "") -> Stored:
    """Store an upload, reading it once in constant memory.

    The delimiter is kept in the file's name. A refused file is deleted.
    """
    path = folder() / f"{uuid4().hex}.{delimiter if delimiter.isalpha() else ''}.csv"
    with suppress(FileExistsError):
        path.parent.mkdir(mode=0o700, parents=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            size, lines = _write(file, chunks)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        forget(path)
        raise
    return Stored(path, size, lines)


def folder() -> Path:
    return Path(settings.STATE_DIR) / "files" / "value-imports"


def delimiter_of(path: Path) -> str:
    return path.name.split(".")[1]


def forget(path: Path | str) -> None:
    """Delete a stored file. Other paths are ignored, so that a row in the database cannot make us delete anything else."""
    path = Path(path)
    if path.parent == folder():
        path.unlink(missing_ok=True)


def forget_left_behind(needed: Iterable[str]) -> None:
    """Delete files of requests and workers that died between storing the file and saving its row."""
    needed_paths = set(map(str, needed))
    if folder().is_dir():
        for path in folder().iterdir():
            if str(path) not in needed_paths and time() - path.stat().st_mtime > LEFT_BEHIND:
                forget(path)


def _write(file: BinaryIO, chunks: Iterable[bytes]) -> tuple[int, int]:
    """Write the upload as plain UTF-8. Return its size and its number of lines."""
    size = lines = 0
    last = "\n"
    for text in _decode(chunks):
        if "\0" in text:
            raise DomainError(
                "The file is not text: it holds NUL characters. If it comes from a spreadsheet, save it as “CSV UTF-8”.", field="file"
            )
        lines += text.count("\n")
        data = text.encode()
        size += len(data)
        if size > LARGEST:
            raise DomainError(f"The file is larger than {LARGEST // 1024 // 1024} MB. Import it in parts.", field="file", status=413)
        file.write(data)
        last = text[-1]
    if not size:
        raise DomainError("The file is empty.", field="file")
    return size, lines + (last != "\n")


def _decode(chunks: Iterable[bytes]) -> Iterator[str]:
    r"""Yield decoded text with every line end as \n: a position in the stored file is then the beginning of a line."""
    chunks = iter(chunks)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD:
            break
    if is_workbook(head):
        raise DomainError("This is a workbook, not a CSV file. Save it as CSV and import that.", field="file")
    decoder = codecs.getincrementaldecoder(encoding_by_mark(head) or "utf-8")()
    pending = ""
    try:
        for chunk in chain([head], chunks):
            text = pending + decoder.decode(chunk)
            pending = "\r" if text.endswith("\r") else ""
            if text := text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n"):
                yield text
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise DomainError(
            "The file is not UTF-8. Save it once more as “CSV UTF-8”: other encodings would turn letters into others.", field="file"
        ) from error
    if pending:
        yield "\n"
