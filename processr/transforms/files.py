"""The reader of CSV files of known values: one transform for each triple of original field, new field and group."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from config.core.errors import DomainError
from config.core.pg_text import is_storable
from leads.imports.header import DELIMITERS
from leads.imports.source_file import encoding_by_mark, is_workbook
from processr.job_types.settings_fields import LONGEST
from processr.transforms.definitions import clean_known_value
from processr.transforms.forms import LONGEST_GROUP, VALUES_AT_MOST

COLUMNS = ("Original Fieldname", "New Fieldname", "Group Name", "Original Value", "New Value")
LARGEST = 1024 * 1024
ROWS_AT_MOST = 20_000
PROBLEMS_REPORTED = 50
UNREADABLE = "It cannot be read: a quotation mark is not closed or stands inside a cell, or the cell is too long."
EXAMPLE = ",".join(COLUMNS) + "\ncountry,countryCode,Countries,United Kingdom,GB\ncountry,countryCode,Countries,Ireland,IE\n"


class Triple(NamedTuple):
    source_field: str
    new_field: str
    group_name: str


class FileProblem(NamedTuple):
    """A problem in the file. `row` counts as in a spreadsheet: the header is row 1."""

    row: int
    message: str


@dataclass(slots=True)
class ReadFile:
    """The content of a file.

    `values` are given by triple, in the order of the file. A file with problems is not imported at all.
    """

    values: dict[Triple, dict[str, str]] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)
    rows: int = 0


def decode_file(raw: bytes) -> str:
    if len(raw) > LARGEST:
        raise DomainError(f"The file is larger than {LARGEST // 1024} kB. Divide it.", field="file")
    if is_workbook(raw):
        raise DomainError("This is a workbook, not a CSV file. Save it as CSV and choose that.", field="file")
    try:
        return raw.decode(encoding_by_mark(raw) or "utf-8")
    except UnicodeDecodeError as error:
        raise DomainError("The file is not in UTF-8. Save it as “CSV UTF-8” and choose that.", field="file") from error


def read_file(text: str) -> ReadFile:
    """Read the file. Every row is checked, so that all problems are reported at once."""
    text = text.removeprefix("\ufeff")
    if not is_storable(text):
        raise DomainError("The file is not text.", field="file")
    result = ReadFile()
    rows = _read_rows(text, _find_delimiter(text), result)
    _, header = next(rows)
    folded = [_fold(name) for name in header]
    indexes = {column: folded.index(_fold(column)) for column in COLUMNS}
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            _add_row(result, number, {column: cells[index].strip() for column, index in indexes.items() if index < len(cells)})
    if not result.rows and not result.problems:
        raise DomainError("There is no row under the header.", field="file")
    return result


def _find_delimiter(text: str) -> str:
    """Return the delimiter that splits the header into the required columns."""
    header = re.split("[\r\n]", text.strip(), maxsplit=1)[0]
    for delimiter in DELIMITERS.values():
        try:
            names = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:  # a cell is too long to be one of the header's
            continue
        if {_fold(column) for column in COLUMNS} <= {_fold(name) for name in names}:
            return delimiter
    raise DomainError(f"The first row must name the columns {', '.join(COLUMNS)}.", field="file")


def _read_rows(text: str, delimiter: str, result: ReadFile) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(rows, start=1):  # noqa: B007  (used below)
            if number > ROWS_AT_MOST + 1:
                raise DomainError(f"The file has more than {ROWS_AT_MOST:,} rows. Divide it.", field="file")
            yield number, cells
    except csv.Error:
        result.problems.append(FileProblem(number + 1, UNREADABLE))


def _fold(name: str) -> str:
    return "".join(name.split()).casefold()


def _add_row(result: ReadFile, number: int, cells: Mapping[str, str]) -> None:
    result.rows += 1
    try:
        triple, original, new = _clean_row(cells)
        values = result.values.setdefault(triple, {})
        if values.setdefault(original, new) != new:
            raise DomainError(f"“{original}” stands above already, and becomes something else there.")
        if len(values) > VALUES_AT_MOST:
            raise DomainError(f"A transform knows at most {VALUES_AT_MOST:,} values. Divide it into two groups.")
    except DomainError as refusal:
        if len(result.problems) < PROBLEMS_REPORTED:
            result.problems.append(FileProblem(number, refusal.message))


def _clean_row(cells: Mapping[str, str]) -> tuple[Triple, str, str]:
    if missing := [column for column in COLUMNS if column not in cells]:
        raise DomainError(f"The row ends before {missing[0]}.")
    source, new_field, group, original, new = (cells[column] for column in COLUMNS)
    for column, name in ((COLUMNS[0], source), (COLUMNS[1], new_field)):
        if not name:
            raise DomainError(f"There is no {column.lower()}.")
        if len(name) > LONGEST:
            raise DomainError(f"The {column.lower()} is longer than a field's name may be.")
    if len(group) > LONGEST_GROUP:
        raise DomainError(f"The group name has more than {LONGEST_GROUP} characters.")
    if not original:
        raise DomainError("There is no original value.")
    return Triple(source, new_field, group), *clean_known_value(original, new)
