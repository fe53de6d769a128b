"""XLSX workbooks, written row by row in constant memory."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook as XlsxWorkbook
from xlsxwriter.worksheet import Worksheet

from config.core.errors import DomainError
from config.core.tabular.formulas import neutralise, restore
from config.core.tabular.workbook_reader import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS

SHEET = "Sheet1"
_TOO_LONG = -2
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_workbook(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], *, sheet: str = SHEET, keeps_apostrophes: bool = True
) -> int:
    """Write a new workbook and return its number of rows without the header, if it has one.

    Texts are cells of type text, which no spreadsheet computes. Only those that look neutralised already get an apostrophe
    more, because readers take one away: a neutralised CSV file that was saved as a workbook keeps its apostrophes. Without
    `keeps_apostrophes`, every text is written as it is, for programs that take none away. The folder holds a temporary file
    meanwhile. What the format cannot hold is refused, naming row and column.
    """
    workbook = XlsxWorkbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent), "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    writer = _SheetWriter(workbook, workbook.add_worksheet(sheet), keeps_apostrophes=keeps_apostrophes)
    try:
        if header:
            writer.add(header)
        for row in rows:
            writer.add(row)
    finally:
        workbook.close()
    return writer.rows - bool(header)


class _SheetWriter:
    def __init__(self, workbook: XlsxWorkbook, sheet: Worksheet, *, keeps_apostrophes: bool) -> None:
        self.rows = 0
        self._keeps_apostrophes = keeps_apostrophes
        self._sheet = sheet
        self._plain = workbook.add_format()
        self._day = workbook.add_format({"num_format": "yyyy-mm-dd"})

    def add(self, row: Sequence[Any]) -> None:
        if self.rows >= MOST_ROWS:
            raise DomainError(f"A workbook has at most {MOST_ROWS:,} rows. Choose CSV, or fewer rows.")
        if len(row) > MOST_COLUMNS:
            raise DomainError(f"Row {self.rows + 1:,} has {len(row):,} columns; a workbook has at most {MOST_COLUMNS:,}.")
        for column, value in enumerate(row):
            if self._write(column, value) == _TOO_LONG:
                place = f"Row {self.rows + 1:,}, column {column + 1:,}"
                raise DomainError(f"{place} has more than {LONGEST_CELL:,} characters, which a workbook cannot hold. Choose CSV.")
        self.rows += 1

    def _write(self, column: int, value: Any) -> int:
        sheet, row = self._sheet, self.rows
        if isinstance(value, str):
            return self._write_text(column, value)
        if value is None:
            return 0
        if isinstance(value, bool):
            return int(sheet.write_boolean(row, column, value))
        if isinstance(value, int | float | Decimal):
            return int(sheet.write_number(row, column, value))
        if isinstance(value, datetime):
            return int(sheet.write_datetime(row, column, value.replace(tzinfo=None)))
        if isinstance(value, date):
            return int(sheet.write_datetime(row, column, value, self._day))
        return self._write_text(column, str(value))

    def _write_text(self, column: int, text: str) -> int:
        if self._keeps_apostrophes and restore(text) != text:
            text = neutralise(text)
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        if text.startswith("<r>") and text.endswith("</r>"):
            # xlsxwriter writes <r>...</r> as raw XML. In two fragments it is escaped.
            return int(self._sheet.write_rich_string(self.rows, column, text[:1], self._plain, text[1:]))
        return int(self._sheet.write_string(self.rows, column, text)) if text else 0
