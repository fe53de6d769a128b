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
from processr.transforms.definitions import known_value
from processr.transforms.forms import LONGEST_GROUP, VALUES_AT_MOST

COLUMNS = ("Original Fieldname", "New Fieldname", "Group Name", "Original Value", "New Value")
LARGEST = 1024 * 1024
ROWS_AT_MOST = 20_000
PROBLEMS_TOLD = 50
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


def text_of(raw: bytes) -> str:
    if len(raw) > LARGEST:
        raise DomainError(f"The file is larger than {LARGEST // 1024} kB. Divide it.", field="file")
    if is_workbook(raw):
        raise DomainError("This is a workbook, not a CSV file. Save it as CSV and choose that.", field="file")
    try:
        return raw.decode(encoding_by_mark(raw) or "utf-8")
    except UnicodeDecodeError as error:
        raise DomainError("The file is not in UTF-8. Save it as “CSV UTF-8” and choose that.", field="file") from error


def read(text: str) -> ReadFile:
    """Read the file. Every row is checked, so that all problems are reported at once."""
    text = text.removeprefix("\ufeff")
    if not is_storable(text):
        raise DomainError("The file is not text.", field="file")
    delimiter = _delimiter(text)
    found = ReadFile()
    rows = _rows(text, delimiter, found)
    places = _places(next(rows)[1])
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            _take(found, number, {column: cells[place].strip() for column, place in places.items() if place < len(cells)})
    if not found.rows and not found.problems:
        raise DomainError("There is no row under the header.", field="file")
    return found


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the header into the required columns."""
    header = re.split("[\r\n]", text.strip(), maxsplit=1)[0]
    for sign in DELIMITERS.values():
        if {_folded(column) for column in COLUMNS} <= {_folded(name) for name in _cells(header, sign)}:
            return sign
    raise DomainError(f"The first row must name the columns {', '.join(COLUMNS)}.", field="file")


def _cells(line: str, sign: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=sign), [])
    except csv.Error:  # a cell is too long to be one of the header's
        return []


def _rows(text: str, delimiter: str, found: ReadFile) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(rows, start=1):  # noqa: B007  (used below)
            if number > ROWS_AT_MOST + 1:
                raise DomainError(f"The file has more than {ROWS_AT_MOST:,} rows. Divide it.", field="file")
            yield number, cells
    except csv.Error:
        found.problems.append(FileProblem(number + 1, UNREADABLE))


def _places(header: list[str]) -> dict[str, int]:
    folded = [_folded(name) for name in header]
    return {column: folded.index(_folded(column)) for column in COLUMNS}


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _take(found: ReadFile, number: int, cells: Mapping[str, str]) -> None:
    found.rows += 1
    try:
        triple, original, new = _checked(cells)
        values = found.values.setdefault(triple, {})
        if values.setdefault(original, new) != new:
            raise DomainError(f"“{original}” stands above already, and becomes something else there.")
        if len(values) > VALUES_AT_MOST:
            raise DomainError(f"A transform knows at most {VALUES_AT_MOST:,} values. Divide it into two groups.")
    except DomainError as why:
        if len(found.problems) < PROBLEMS_TOLD:
            found.problems.append(FileProblem(number, why.message))


def _checked(cells: Mapping[str, str]) -> tuple[Triple, str, str]:
    if missing := [column for column in COLUMNS if column not in cells]:
        raise DomainError(f"The row ends before {missing[0]}.")
    source, new_field, group, original, new = (cells[column] for column in COLUMNS)
    _named(COLUMNS[0], source)
    _named(COLUMNS[1], new_field)
    if len(group) > LONGEST_GROUP:
        raise DomainError(f"The group name has more than {LONGEST_GROUP} characters.")
    if not original:
        raise DomainError("There is no original value.")
    return Triple(source, new_field, group), *known_value(original, new)


def _named(column: str, name: str) -> None:
    if not name:
        raise DomainError(f"There is no {column.lower()}.")
    if len(name) > LONGEST:
        raise DomainError(f"The {column.lower()} is longer than a field's name may be.")
