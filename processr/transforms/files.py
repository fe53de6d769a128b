"""The reader of files of known values: one transform for each triple of original field, new field and group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from typing import NamedTuple

from config.core.errors import DomainError
from config.core.models.names import check_name
from config.core.pg_text import is_storable
from config.core.tabular.csv_writer import CsvFormat, format_rows
from config.core.tabular.delimiters import DELIMITERS, delimiter_by_line
from config.core.tabular.header import fold_name
from config.core.tabular.records import Record, goes_beyond, table_records
from config.core.tabular.uploads import write_lines
from processr.job_types.settings_fields import LONGEST
from processr.transforms.definitions import clean_known_value
from processr.transforms.forms import LONGEST_GROUP, VALUES_AT_MOST

COLUMNS = ("Original Fieldname", "New Fieldname", "Group Name", "Original Value", "New Value")
OPTIONAL = ("Group Name", "New Value")
"""Columns whose cells may be empty, and missing at the end of a row."""
LARGEST = 1024 * 1024
ROWS_AT_MOST = 20_000
PROBLEMS_REPORTED = 50
EXAMPLE = format_rows(
    [COLUMNS, ("country", "countryCode", "Countries", "United Kingdom", "GB"), ("country", "countryCode", "Countries", "Ireland", "IE")],
    CsvFormat(line_end="\n"),
)


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


def decode_file(raw: bytes, *, password: str = "") -> str:
    """Return the text of the file; of a workbook, its rows as lines."""
    if len(raw) > LARGEST:
        raise DomainError(f"The file is larger than {LARGEST // 1024} kB. Divide it.", field="file")
    lines = BytesIO()
    write_lines(BytesIO(raw), lines, largest=LARGEST, password=password)
    return lines.getvalue().decode()


def read_file(text: str) -> ReadFile:
    """Read the file. Every row is checked, so that all problems are reported at once."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")  # as browsers send the text of a page that previewed it
    if not is_storable(text):
        raise DomainError("The file is not text.", field="file")
    rows = _read_rows(text)
    header = next(rows)
    indexes = _find_columns(header)
    result = ReadFile()
    for record in rows:
        if result.rows >= ROWS_AT_MOST:
            raise DomainError(f"The file has more than {ROWS_AT_MOST:,} rows. Divide it.", field="file")
        _add_row(result, record, indexes, width=len(header.cells))
    if not result.rows:
        raise DomainError("There is no row under the header.", field="file")
    return result


def _read_rows(text: str) -> Iterator[Record]:
    """Yield the records from the header on, read with the delimiter that splits the header into the required columns."""
    own = delimiter_by_line(text)
    for delimiter in [own] if own else DELIMITERS.values():
        rows = table_records(StringIO(text, newline=""), delimiter)
        header = next(rows, None)
        if header and set(map(fold_name, COLUMNS)) <= set(map(fold_name, header.cells)):
            yield header
            yield from rows
            return
    raise DomainError(f"The first row must name the columns {', '.join(COLUMNS)}.", field="file")


def _find_columns(header: Record) -> dict[str, int]:
    """Return the place of each column. Raise DomainError for one that occurs twice."""
    folded = [fold_name(name) for name in header.cells]
    for column in COLUMNS:
        if folded.count(fold_name(column)) > 1:
            places = " and ".join(str(place) for place, name in enumerate(folded, 1) if name == fold_name(column))
            raise DomainError(f"Columns {places} are both called {column}. Leave one of them out.", field="file")
    return {column: folded.index(fold_name(column)) for column in COLUMNS}


def _add_row(result: ReadFile, record: Record, indexes: Mapping[str, int], *, width: int) -> None:
    result.rows += 1
    try:
        if record.fault:
            raise DomainError(record.fault)
        if goes_beyond(record.cells, width):
            raise DomainError(f"This row has {len(record.cells)} columns, the first row {width}.")
        cells = {column: record.cells[index].strip() for column, index in indexes.items() if index < len(record.cells)}
        triple, original, new = _clean_row(cells)
        values = result.values.setdefault(triple, {})
        if values.setdefault(original, new) != new:
            raise DomainError(f"“{original}” stands above already, and becomes something else there.")
        if len(values) > VALUES_AT_MOST:
            raise DomainError(f"A transform knows at most {VALUES_AT_MOST:,} values. Divide it into two groups.")
    except DomainError as refusal:
        if len(result.problems) < PROBLEMS_REPORTED:
            result.problems.append(FileProblem(record.row, refusal.message))


def _clean_row(cells: Mapping[str, str]) -> tuple[Triple, str, str]:
    missing = [column for column in COLUMNS if column not in cells]
    if not set(missing) <= set(OPTIONAL):
        raise DomainError(f"The row ends before {missing[0]}.")
    source, new_field, group, original, new = (cells.get(column, "") for column in COLUMNS)
    for column, name in ((COLUMNS[0], source), (COLUMNS[1], new_field)):
        if not name:
            raise DomainError(f"There is no {column.lower()}.")
        if len(name) > LONGEST:
            raise DomainError(f"The {column.lower()} is longer than a field's name may be.")
    if len(group) > LONGEST_GROUP:
        raise DomainError(f"The group name has more than {LONGEST_GROUP} characters.")
    check_name(group, field="file")
    if not original:
        raise DomainError("There is no original value.")
    return Triple(source, new_field, group), *clean_known_value(original, new)
