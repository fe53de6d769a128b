"""Uploaded files of values.

A file that is neither text nor a workbook is refused. The others are stored as plain UTF-8 under a generated name until
their import is over.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePath
from tempfile import TemporaryFile
from time import time
from typing import NamedTuple
from uuid import uuid4

from django.conf import settings

from config.core.tabular.uploads import copy_chunks, write_lines

FOLDER = "value-imports"
LARGEST = 512 * 1024 * 1024
LEFT_BEHIND = 3600.0
"""Seconds after which a file without an import is deleted."""


class StoredFile(NamedTuple):
    """A stored file. `lines` includes a last line without a line end."""

    path: Path
    size: int
    lines: int

    @property
    def name(self) -> str:
        """Return the name to store in a row: relative to the folder of files, which may be elsewhere on another machine."""
        return f"{FOLDER}/{self.path.name}"


def store(chunks: Iterable[bytes], *, delimiter: str = "", password: str = "") -> StoredFile:
    """Store an upload in constant memory, as plain lines, opened with its password if it has one.

    The delimiter is kept in the file's name; a workbook's cells are divided by commas. A refused file is deleted.
    """
    with suppress(FileExistsError):
        folder().mkdir(mode=0o700, parents=True)
    path = folder() / f"{uuid4().hex}.upload"
    try:
        with open(path, "xb", opener=partial(os.open, mode=0o600)) as file, TemporaryFile(dir=folder()) as raw:
            copy_chunks(chunks, raw, largest=LARGEST)
            lines = write_lines(raw, file, largest=LARGEST, password=password)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        delete(path)
        raise
    named = "comma" if lines.from_workbook else delimiter
    path = path.rename(path.with_name(f"{path.stem}.{named if named.isalpha() else ''}.csv"))
    return StoredFile(path, lines.size, lines.lines)


def folder() -> Path:
    return Path(settings.STATE_DIR) / "files" / FOLDER


def path_of(name: str) -> Path:
    """Return the place of a stored file here. Only its last part counts, so that a row cannot lead out of the folder."""
    return folder() / PurePath(name).name


def delimiter_of(path: Path) -> str:
    return path.name.split(".")[1]


def delete(path: Path) -> None:
    """Delete a stored file. Other paths are ignored."""
    if path.parent == folder():
        path.unlink(missing_ok=True)


def delete_left_behind(needed: Iterable[str]) -> None:
    """Delete files of requests and workers that died between storing the file and saving its row."""
    needed_paths = set(map(path_of, needed))
    if folder().is_dir():
        for path in folder().iterdir():
            if path not in needed_paths and time() - path.stat().st_mtime > LEFT_BEHIND:
                delete(path)
