"""The ways to write a file that are measured, each in a process of its own."""

import json
import re
from pathlib import Path
from time import perf_counter

from django.db import connection

from batches.files.columns import Column, Query, header_of, select_rows
from batches.files.formats import FileFormat
from batches.files.storage import delete_file, store_file
from batches.files.writer import write_file

PLAIN = "plain"
NAMES = (
    "firstName", "lastName", "email", "telephone", "company", "addressLine1", "city", "postcode", "jobTitle", "country",
    "id", "createdTs", "leadStatus", "publisherName", "currentDate",
)  # fmt: skip
COLUMNS = [Column(name, name) for name in NAMES]
FORMATS = {
    "CSV": FileFormat(),
    "CSV, neutralised": FileFormat(neutralises=True, encoding="cp1252"),
    "CSV as ZIP with a password": FileFormat(zips=True, zip_password="secret"),
    "XLSX": FileFormat(kind="xlsx"),
    "XLSX with a password": FileFormat(kind="xlsx", xlsx_password="secret"),
}


def frozen(rows: int) -> Query:
    return Query("SELECT position, lead_id, delivery_id FROM bench_sent WHERE position <= %s", [rows])


def write(way: str, folder: Path, rows: int) -> None:
    """Write and store the file as a batch does."""
    file_format, target = FORMATS[way], folder / "file"
    select = select_rows(frozen(rows), COLUMNS, file_format, zone="Europe/London")
    written = write_file(target, file_format, header_of(COLUMNS), select, inner_name="leads.csv")
    if written.rows != rows:
        raise RuntimeError(f"{written.rows:,} rows instead of {rows:,}")
    with target.open("rb") as file:
        stored = store_file(file)
    delete_file(stored.name)
    target.unlink()


def copy_plain(folder: Path, rows: int) -> None:
    columns = ", ".join(f"c{number}" for number in range(len(COLUMNS)))
    sql = f"COPY (SELECT {columns} FROM bench_plain WHERE position <= {rows} ORDER BY position) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(sql) as copy, (folder / "plain").open("wb") as file:
        for block in copy:
            file.write(block)


def main(way: str, folder: str, rows: str, told: str) -> None:
    """Write one file, and tell in the file `told` the seconds and the largest memory in kilobytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    began = perf_counter()
    if way == PLAIN:
        copy_plain(Path(folder), int(rows))
    else:
        write(way, Path(folder), int(rows))
    took = perf_counter() - began
    # The largest of this program alone: what wait4 tells is not below that of the process that started it.
    largest = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    Path(told).write_text(json.dumps([took, int(largest[1]) if largest else 0]))
