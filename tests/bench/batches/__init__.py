"""Files of batches, each written in a process of its own, against PostgreSQL's own COPY of the same columns out of a plain table."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from django.db import connection

from batches.files.columns import select_rows
from config.embedded.paths import REPOSITORY
from config.embedded.supervision import Supervisor
from tests.bench.batches.ways import COLUMNS, FORMATS, PLAIN, frozen
from tests.bench.fill import fill
from tests.bench.report import Row, scaled, tell

MB = 1024
PROGRAM = "import sys, django; django.setup(); from tests.bench.batches.ways import main; main(*sys.argv[1:])"
CSV_ROWS, XLSX_ROWS = 500_000, 100_000
CASES = (
    ("CSV", CSV_ROWS),
    ("CSV, neutralised", CSV_ROWS),
    ("CSV as ZIP with a password", CSV_ROWS),
    ("XLSX", XLSX_ROWS),
    ("XLSX with a password", XLSX_ROWS),
)


def measure(_: Supervisor, asked: argparse.Namespace) -> list[Row]:
    fill(scaled(CSV_ROWS, asked.scale))
    _freeze()
    table = [
        Row(
            f"FILES OF BATCHES of {len(COLUMNS)} columns, stored encrypted (floor: COPY of the same columns out of a plain table, to a file)"
        )
    ]
    with TemporaryDirectory(prefix="sluice-bench-batches-") as folder:
        for way, full in CASES:
            rows = scaled(full, asked.scale)
            floor = median(_apart(PLAIN, folder, rows).seconds for _ in range(asked.rounds))
            rounds = [_apart(way, folder, rows) for _ in range(asked.rounds)]
            took, memory = median(ours.seconds for ours in rounds), max(ours.kilobytes for ours in rounds) / MB
            is_text = way.startswith("CSV")
            ratio = f"{took / floor:.2f}"
            table.append(Row(f"{way}, {rows:,} leads", f"{took:.2f} s", f"{floor:.2f} s", ratio, "3" if way == "CSV" else ""))
            table.append(Row("    memory at its largest", f"{memory:,.0f} MB", aim="150 MB" if is_text else "200 MB"))
    return table


class Measured(NamedTuple):
    seconds: float
    kilobytes: int


def _apart(way: str, folder: str, rows: int) -> Measured:
    told = Path(folder) / "told.json"
    command = [sys.executable, "-c", PROGRAM, way, folder, str(rows), str(told)]
    subprocess.run(command, cwd=REPOSITORY, env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}, check=True)
    measured = Measured(*json.loads(told.read_text()))
    tell(f"{way}, {rows:,} leads: {measured.seconds:.2f} s, {measured.kilobytes / MB:,.0f} MB")
    return measured


def _freeze() -> None:
    """Keep the leads in the order of a batch, and the same columns as a plain table for the floor."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE UNLOGGED TABLE bench_sent AS SELECT row_number() OVER (ORDER BY id) AS position, id AS lead_id, NULL::bigint AS delivery_id "
            "FROM leads_lead"
        )
        cursor.execute("ALTER TABLE bench_sent ADD PRIMARY KEY (position)")
        sql, parameters = select_rows(frozen(scaled(CSV_ROWS, 10)), COLUMNS, FORMATS["CSV"], zone="Europe/London")
        cursor.execute(
            f"CREATE UNLOGGED TABLE bench_plain AS SELECT row_number() OVER () AS position, cells.* FROM ({sql}) AS cells", parameters
        )
        cursor.execute("ALTER TABLE bench_plain ADD PRIMARY KEY (position)")
        cursor.execute("ANALYZE bench_sent")
        cursor.execute("ANALYZE bench_plain")
        cursor.execute("ANALYZE leads_lead")
