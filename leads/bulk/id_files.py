"""Files of lead ids: uploaded, kept as plain lines until it is known which column has the ids, and read.

A file is kept only where somebody has to choose the column. The end of the action, or of its draft, deletes it.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path, PurePath
from tempfile import TemporaryFile
from time import time
from typing import NamedTuple
from uuid import uuid4

from django.conf import settings

from config.core.errors import DomainError
from config.core.pg_text import is_storable
from config.core.tabular.delimiters import DELIMITERS, LONGEST_SEPARATOR_LINE, delimiter_by_line
from config.core.tabular.header import fold_name
from config.core.tabular.plain_lines import placed_records
from config.core.tabular.records import Record
from config.core.tabular.uploads import copy_chunks, write_lines
from leads.bulk.lead_ids import ENTRIES_AT_MOST, Entry, key_of, too_many_entries

FOLDER, WORKBOOK = "lead-ids", ".workbook.csv"
LARGEST = 64 * 1024 * 1024
LINES_AT_MOST = 2 * ENTRIES_AT_MOST
"""Lines of a file, with blank ones and those inside cells."""
OTHER_LINES = 100_000
"""Lines that are not blank, beyond the ids: headings, and cells of several lines."""
LEFT_BEHIND = 24 * 3600.0
"""Seconds after which a file that no draft names is deleted."""
NAMES = ("id", "leadid", "leadids", "lead", "leadhash", "hash", "leadnumber", "leadno")
"""The names by which a column of ids is known, as `fold_name` returns them."""
SAMPLES = 3
COLUMNS_OFFERED = 200
HEAD, HEAD_LINES = 2 * 1024 * 1024, 10_000
"""Bytes and lines from the first that is not blank on, by which the columns are known."""
_BLOCK = 1024 * 1024
_LINE_IN_USE = re.compile(rb"[^\s,;|][^\n]*")
_BLANK_LINES = re.compile(rb"(?:^|\n)[\s,;|]*\n")


class Column(NamedTuple):
    """A column that may have the ids: its place, its name, and what its first rows hold."""

    place: int
    name: str
    samples: Sequence[str]


class IdFile(NamedTuple):
    """A readable file. `column` is the place of the ids; None where it is not known. `skips` are the rows before the data."""

    path: Path
    delimiter: str
    skips: int
    column: int | None
    columns: list[Column]


class Stored:
    """A stored file, which is deleted unless it is kept."""

    def __init__(self, path: Path) -> None:
        self.path, self.is_kept = path, False

    def keep(self) -> str:
        """Keep the file for a draft. Return the name that the draft has to remember."""
        self.is_kept = True
        return self.path.name


@contextmanager
def stored(chunks: Iterable[bytes], *, password: str = "") -> Iterator[Stored]:
    """Store an upload as long as it is read. It is deleted whatever happens, unless it was kept by then and all went well."""
    file = Stored(store(chunks, password=password))
    try:
        yield file
    except BaseException:
        file.is_kept = False
        raise
    finally:
        if not file.is_kept:
            delete(file.path.name)


def store(chunks: Iterable[bytes], *, password: str = "") -> Path:
    """Store an upload as plain lines. A refused file is deleted. Raises DomainError for what is no text, and what is too large."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder() / f"{uuid4().hex}.csv"
    try:
        with open(path, "xb", opener=partial(os.open, mode=0o600)) as file, TemporaryFile(dir=folder()) as raw:
            copy_chunks(chunks, raw, largest=LARGEST)
            lines = write_lines(raw, file, largest=LARGEST, password=password)
        if lines.lines > LINES_AT_MOST:
            raise DomainError(f"The file has more than {LINES_AT_MOST:,} lines. Import it in parts.", field="file", status=413)
        if lines.lines > ENTRIES_AT_MOST and _lines_in_use(path) > ENTRIES_AT_MOST + OTHER_LINES:
            raise too_many_entries("file")
        return path.rename(path.with_suffix(WORKBOOK)) if lines.from_workbook else path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def delete_left_behind(names_in_use: Callable[[Collection[str]], Collection[str]]) -> None:
    """Delete files of requests that died, and of drafts that are gone. Of some names, `names_in_use` returns those that are needed."""
    if not folder().is_dir():
        return
    old = {path.name for path in folder().iterdir() if _age(path) > LEFT_BEHIND}
    for name in old.difference(names_in_use(old)) if old else ():
        delete(name)


def _age(path: Path) -> float:
    """Return the seconds since the file was written; none for one that was deleted meanwhile."""
    try:
        return time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def folder() -> Path:
    return Path(settings.STATE_DIR) / "files" / FOLDER


def path_of(name: str) -> Path:
    """Return the place of a stored file. Only its last part counts, so that no name leads out of the folder."""
    return folder() / PurePath(name).name


def delete(name: str) -> None:
    if name:
        path_of(name).unlink(missing_ok=True)


def look_at(path: Path) -> IdFile:
    """Find the delimiter and the column of the ids: by its name, by being the only one, or by being the only one with ids in it."""
    with path.open(encoding="utf-8") as file:
        given = delimiter_by_line(file.readline(LONGEST_SEPARATOR_LINE))
    above = 1 if given else 0
    given = "," if path.name.endswith(WORKBOOK) else given
    head = _head(path)
    rows_by = {sign: _first_rows(head, sign, above) for sign in ([given] if given else DELIMITERS.values())}
    for delimiter, rows in rows_by.items():
        named = [place for place, name in enumerate(rows[0]) if fold_name(name) in NAMES] if rows else []
        if named:
            column = named[0] if len(named) == 1 else None
            return IdFile(path, delimiter, above + 1, column, _columns(rows, has_header=True))
    delimiter = given or max(rows_by, key=lambda sign: len((rows_by[sign] or [[]])[0]))
    rows = rows_by[delimiter]
    if not rows:
        raise DomainError("The file has no rows.", field="file")
    has_header = not any(key_of(cell) for cell in rows[0])
    columns = _columns(rows, has_header=has_header)
    with_ids = [column.place for column in columns if column.samples and all(key_of(cell) for cell in column.samples)]
    known = [0] if len(columns) == 1 else with_ids if len(with_ids) == 1 and not has_header else []
    return IdFile(path, delimiter, above + has_header, known[0] if known else None, columns)


def entries(file: IdFile, column: int) -> Iterator[Entry]:
    """Yield the cells of the column that are not empty, with their lines. A row that cannot be read is an entry that is no id."""
    with file.path.open("rb") as raw:
        records = (record for _, record in placed_records(raw, file.delimiter))
        for record in islice(records, file.skips, None):
            text = _cell(record, column)
            if text:
                yield Entry(record.line, text)


def _cell(record: Record, column: int) -> str:
    if record.fault:
        return record.fault
    return record.cells[column].strip() if column < len(record.cells) else ""


def _lines_in_use(path: Path) -> int:
    """Count the lines that are not blank, at most one too many for each block that is read."""
    with path.open("rb") as file:
        return sum(len(_LINE_IN_USE.findall(block)) for block in iter(partial(file.read, _BLOCK), b""))


def _head(path: Path) -> bytes:
    """Return the first lines without the blank ones, of which a file may have any number before its first row."""
    head = b""
    with path.open("rb") as file:
        while len(head) < HEAD and (block := file.read(_BLOCK)):
            head = _BLANK_LINES.sub(lambda match: b"\n" if match.start() else b"", head + block)
    return b"".join(islice(BytesIO(head[:HEAD]), HEAD_LINES))


def _first_rows(head: bytes, delimiter: str, above: int) -> list[list[str]]:
    records = islice((record for _, record in placed_records(BytesIO(head), delimiter)), above, above + SAMPLES + 1)
    return [record.cells for record in records if not record.fault]


def _columns(rows: list[list[str]], *, has_header: bool) -> list[Column]:
    data = rows[1:] if has_header else rows
    columns = []
    for place, head in enumerate(rows[0][:COLUMNS_OFFERED]):
        name = " ".join(head.split())[:80] if has_header and is_storable(head) else ""
        samples = [row[place].strip()[:40] for row in data if place < len(row) and row[place].strip()]
        columns.append(Column(place, name or f"Column {place + 1}", samples[:SAMPLES]))
    return columns
