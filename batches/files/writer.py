"""The bytes of a batch's file: rows of one query, in the file's format, in constant memory."""

from codecs import getincrementaldecoder
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection, transaction

from batches.files.columns import Query
from batches.files.formats import XLSX, BatchFormat
from config.core.tabular.csv_writer import CsvFormat, copy_rows
from config.core.tabular.protection import encrypt_workbook, write_zip
from config.core.tabular.workbook_writer import write_workbook

ROWS_AT_ONCE = 500
_BLOCK = 256 * 1024
_SINGLE_BYTES = ("cp1252", "iso-8859-15")
"""Encodings that do not have every character."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """The file that was written. `replaced` counts the characters that its encoding does not have."""

    rows: int
    sha256: str
    size: int
    replaced: int = 0


def write_file(target: Path, file_format: BatchFormat, header: Sequence[str], select: Query, *, inner_name: str) -> WrittenFile:
    """Write a new file with the rows of the query, which is one statement: all values are those of one moment.

    `inner_name` is the name of the file within a ZIP file. The folder of the target holds temporary files meanwhile. Raises
    DomainError where the format cannot hold the rows, and leaves a part of the file then.
    """
    shown = header if file_format.header else ()
    if file_format.kind == XLSX:
        rows, replaced = _write_workbook(target, file_format, shown, select, inner_name), 0
    else:
        rows, replaced = _write_text(target, file_format, shown, select, inner_name)
    with target.open("rb") as written:
        digest = file_digest(written, "sha256").hexdigest()
    return WrittenFile(rows, digest, target.stat().st_size, replaced)


def _write_text(target: Path, file_format: BatchFormat, header: Sequence[str], select: Query, inner_name: str) -> tuple[int, int]:
    blocks = _Blocks(file_format, header, select)
    with target.open("wb") as file:
        if file_format.zips:
            write_zip(file, inner_name, blocks, password=file_format.zip_password)
        else:
            file.writelines(blocks)
    return blocks.rows, blocks.replaced


class _Blocks:
    """The bytes of a text file. Afterwards it knows the rows, and the characters that became question marks."""

    def __init__(self, file_format: BatchFormat, header: Sequence[str], select: Query) -> None:
        self.rows = self.replaced = 0
        self._format, self._header, self._select = file_format.csv_format, header, select

    def __iter__(self) -> Iterator[bytes]:
        encoding = self._format.encoding
        if encoding not in _SINGLE_BYTES:
            yield from self._copied(self._format)
            return
        decoder = getincrementaldecoder("utf-8")()
        blocks = self._copied(replace(self._format, encoding="utf-8"))
        for block in blocks:
            text = decoder.decode(block)
            self.replaced += _unknown(text, encoding)
            yield text.encode(encoding, "replace")

    def _copied(self, csv_format: CsvFormat) -> Generator[bytes, None, int]:
        self.rows = yield from copy_rows(self._select.sql, self._select.parameters, header=self._header, csv_format=csv_format)
        return self.rows


def _unknown(text: str, encoding: str) -> int:
    """Count the characters that the encoding does not have."""
    if text.isascii():
        return 0
    unknown = [sign for sign in set(text) if not sign.encode(encoding, "ignore")]
    return sum(map(text.count, unknown))


def _write_workbook(target: Path, file_format: BatchFormat, header: Sequence[str], select: Query, inner_name: str) -> int:
    with TemporaryDirectory(dir=target.parent) as folder:
        plain = Path(folder) / "plain.xlsx"
        with transaction.atomic(), closing(_rows(select)) as found:
            rows = write_workbook(plain, header, found, keeps_apostrophes=file_format.neutralises)
        if file_format.xlsx_password:
            locked = Path(folder) / "locked.xlsx"
            with plain.open("rb") as source, locked.open("w+b") as encrypted:
                encrypt_workbook(source, encrypted, password=file_format.xlsx_password)
            plain = locked
        if file_format.zips:
            with target.open("wb") as file, plain.open("rb") as source:
                write_zip(file, inner_name, iter(lambda: source.read(_BLOCK), b""), password=file_format.zip_password)
        else:
            plain.replace(target)
    return rows


def _rows(select: Query) -> Generator[Sequence[str], None, None]:
    """Yield the rows of the query, a few at a time from the server."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(select.sql, select.parameters)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows
