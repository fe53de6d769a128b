"""Files of tables, each written or read in a process of its own: rows a second, and the largest its memory has been."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import FileIO
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from config.core.tabular.csv_writer import CsvFormat, copy_rows, stream_rows
from config.core.tabular.formulas import neutralised_sql
from config.core.tabular.source_file import open_source
from config.core.tabular.workbook_writer import write_workbook
from config.embedded.paths import REPOSITORY
from config.embedded.supervision import Supervisor
from tests.bench.report import Row, scaled, tell

ROWS = 200_000
HEADER = ("firstName", "lastName", "email", "telephone", "company", "country", "postcode", "comment")
MB = 1024


def measure(_: Supervisor, asked: argparse.Namespace) -> list[Row]:
    many = scaled(ROWS, asked.scale)
    table = [Row(f"FILES of {many:,} rows of {len(HEADER)} columns, the start of Python included (memory: of {many // 10:,} rows)")]
    with TemporaryDirectory(prefix="sluice-bench-files-") as folder:
        for what in WAYS:
            few = [_apart(what, Path(folder) / "few", many // 10) for _ in range(asked.rounds)]
            more = [_apart(what, Path(folder) / "many", many) for _ in range(asked.rounds)]
            memory, memory_of_few = max(kilobytes for _, kilobytes in more) / MB, max(kilobytes for _, kilobytes in few) / MB
            table.append(Row(what, f"{many / median(seconds for seconds, _ in more):,.0f}/s"))
            table.append(Row("    memory at its largest", f"{memory:,.0f} MB", f"{memory_of_few:,.0f} MB"))
    return table


def _apart(what: str, path: Path, rows: int) -> tuple[float, int]:
    began = perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.files", what, str(path), str(rows)], cwd=REPOSITORY)
    _, status, used = os.wait4(process.pid, 0)
    took = perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{what} ended with {process.returncode}")
    tell(f"{what}: {rows / took:,.0f}/s, {used.ru_maxrss / MB:,.0f} MB")
    return took, used.ru_maxrss


def _people(rows: int) -> Iterator[list[str]]:
    for n in range(rows):
        yield [f"First{n}", f"Last{n}", f"person{n}@example.com", f"+44{n:010}", f"Company {n % 999}", "GB", f"AB{n % 99} 1CD", "=nothing"]


def _write_workbook(path: Path, rows: int) -> None:
    write_workbook(path.with_suffix(".xlsx"), HEADER, _people(rows))


def _write_csv(path: Path, rows: int) -> None:
    with FileIO(path.with_suffix(".csv"), "w") as file:
        for block in stream_rows(chain([HEADER], _people(rows))):
            file.write(block)


def _read_workbook(path: Path, rows: int) -> None:
    _read(path.with_suffix(".xlsx"), rows)


def _read_shared(path: Path, rows: int) -> None:
    """As Excel writes it: the texts in a table of their own."""
    _read(path.with_suffix(".shared.xlsx"), rows)


def _write_shared(path: Path, rows: int) -> None:
    from xlsxwriter import Workbook  # noqa: PLC0415  (a library of the comparison alone)

    workbook = Workbook(str(path.with_suffix(".shared.xlsx")))
    sheet = workbook.add_worksheet()
    for number, row in enumerate([HEADER, *_people(rows)]):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell)
    workbook.close()


def _read_csv(path: Path, rows: int) -> None:
    _read(path.with_suffix(".csv"), rows)


def _read(path: Path, rows: int) -> None:
    with open_source(path) as source:
        assert sum(1 for _ in source.records(",")) == rows + 1


def _copy(path: Path, rows: int) -> None:
    import django  # noqa: PLC0415  (the other ways need no database)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    cells = (
        "'First' || n",
        "'Last' || n",
        "'person' || n || '@example.com'",
        "'+44' || n",
        "'Company ' || n % 999",
        "'GB'",
        "'AB' || n",
        "'=x'",
    )
    sql = f"SELECT {', '.join(map(neutralised_sql, (f'({cell})' for cell in cells)))} FROM generate_series(1, {rows}) AS t (n)"
    with FileIO(path.with_suffix(".copy.csv"), "w") as file:
        for block in copy_rows(sql, header=HEADER, csv_format=CsvFormat()):
            file.write(block)


WAYS: dict[str, Callable[[Path, int], None]] = {
    "CSV written": _write_csv,
    "CSV written by the database": _copy,
    "CSV read": _read_csv,
    "XLSX written": _write_workbook,
    "XLSX read": _read_workbook,
    "XLSX of shared texts, written by the library": _write_shared,
    "XLSX of shared texts read": _read_shared,
}

if __name__ == "__main__":
    WAYS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
