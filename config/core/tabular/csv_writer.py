"""CSV, written as a stream: from rows, or straight from PostgreSQL."""

import codecs
import csv
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.db import connection
from django.http import StreamingHttpResponse

from config.core.tabular.formulas import neutralise

MARK = "\ufeff"
"""The byte order mark, by which spreadsheets recognise UTF-8."""
CONTENT_TYPE = "text/csv; charset=utf-8"
_BLOCK = 64 * 1024
"""Bytes of the database's rows that are converted at once."""
_PORTION = 1_000
"""Rows that are written at once."""


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """The way a file is written. The defaults are for people, who open it in a spreadsheet."""

    delimiter: str = ","
    encoding: str = "utf-8-sig"
    line_end: str = "\r\n"
    quotes_all: bool = False
    neutralises: bool = True


FOR_PEOPLE = CsvFormat()


def format_rows(rows: Iterable[Sequence[str]], csv_format: CsvFormat = FOR_PEOPLE) -> str:
    """Return the rows as text, without a byte order mark."""
    buffer = _Rows(csv_format.line_end)
    quoting: Any = csv.QUOTE_ALL if csv_format.quotes_all else csv.QUOTE_MINIMAL
    writer = csv.writer(buffer, delimiter=csv_format.delimiter, lineterminator=_Rows.QUOTED, quoting=quoting)
    writer.writerows([neutralise(cell) for cell in row] for row in rows) if csv_format.neutralises else writer.writerows(rows)
    return buffer.getvalue()


class _Rows(StringIO):
    """Takes rows from the csv module, which quotes a carriage return or line feed in a cell only if its own line end contains it."""

    QUOTED = "\r\n"

    def __init__(self, line_end: str) -> None:
        super().__init__()
        self._line_end = line_end

    def write(self, row: str) -> int:
        return super().write(row if self._line_end == self.QUOTED else row.removesuffix(self.QUOTED) + self._line_end)


def stream_rows(rows: Iterable[Sequence[str]], csv_format: CsvFormat = FOR_PEOPLE) -> Iterator[bytes]:
    """Yield the file in portions. Characters that the encoding does not have become question marks."""
    encoder = codecs.getincrementalencoder(csv_format.encoding)("replace")
    portion: list[Sequence[str]] = []
    for row in rows:
        portion.append(row)
        if len(portion) >= _PORTION:
            yield encoder.encode(format_rows(portion, csv_format))
            portion = []
    yield encoder.encode(format_rows(portion, csv_format), final=True)


def csv_download(name: str, rows: Iterable[Sequence[str]]) -> StreamingHttpResponse:
    """Return the answer to a request for a file of this name, for people."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(stream_rows(rows), content_type=CONTENT_TYPE, headers=headers)


def copy_rows(
    sql: str, parameters: Sequence[Any] = (), *, header: Sequence[str] = (), csv_format: CsvFormat = FOR_PEOPLE
) -> Generator[bytes, None, int]:
    """Yield the file of a query's rows as PostgreSQL writes it, several times as fast as rows in Python, and return their number.

    Cells are neutralised by the query itself, with `neutralised_sql`. The statement runs until the last block is taken, so a
    slow reader keeps it open: write to a file of ours, not to a client. Leaving early aborts the transaction.
    """
    encoder = codecs.getincrementalencoder(csv_format.encoding)("replace")
    decoder = codecs.getincrementaldecoder("utf-8")()
    yield encoder.encode(format_rows([header], csv_format) if header else "")
    quotes = ", FORCE_QUOTE *" if csv_format.quotes_all else ""
    delimiter = csv_format.delimiter.replace("'", "''")
    statement = f"COPY ({sql}) TO STDOUT (FORMAT csv, DELIMITER '{delimiter}', ENCODING 'UTF8'{quotes})"
    line_ends = LineEnds(csv_format.line_end)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        with cursor.copy(statement, list(parameters)) as copy:
            for block in _joined(copy):
                yield encoder.encode(line_ends.convert(decoder.decode(block)))
        rows: int = cursor.rowcount
    yield encoder.encode("", final=True)
    return rows


def _joined(rows: Iterable[Any]) -> Iterator[bytes]:
    """Join rows, which the database sends one by one, into blocks: each step costs as much for a block as for a row."""
    block = bytearray()
    for row in rows:
        block += row
        if len(block) >= _BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)


class LineEnds:
    """Gives rows another line end than PostgreSQL's, and leaves those inside quotation marks."""

    def __init__(self, line_end: str) -> None:
        self._line_end = line_end
        self._inside = 0

    def convert(self, text: str) -> str:
        if self._line_end == "\n":
            return text
        parts = text.split('"')
        for number in range(self._inside, len(parts), 2):
            parts[number] = parts[number].replace("\n", self._line_end)
        self._inside = (self._inside + len(parts) - 1) % 2
        return '"'.join(parts)
