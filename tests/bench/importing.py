"""A file of people imported by the command, in a process of its own, against COPY of the same leads into the same table."""

import argparse
import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from django.db import connection

from config.embedded.paths import REPOSITORY
from config.embedded.supervision import Supervisor
from leads.intake import normalize
from leads.models import Lead
from tests.bench.load import NUMBER
from tests.bench.report import Row, scaled, tell
from tests.bench.world import PERSON, WayIn, way_in

FEW, MANY = 10_000, 100_000
MB = 1024


@dataclass(frozen=True)
class Round:
    """Seconds, and the largest the command's memory has been, in kilobytes."""

    floor: float
    ours: float
    few_memory: int
    many_memory: int


def measure(_: Supervisor, asked: argparse.Namespace) -> list[Row]:
    with TemporaryDirectory(prefix="sluice-bench-import-") as folder:
        few, many = scaled(FEW, asked.scale), scaled(MANY, asked.scale)
        rounds = [_round(Path(folder), number, few, many) for number in range(asked.rounds)]
    ours, floor = (median(many / seconds for seconds in times) for times in zip(*((one.ours, one.floor) for one in rounds), strict=True))
    return [
        Row(f"IMPORT: {many:,} rows of {len(PERSON)} columns, start of the command included (floor: COPY of the same leads, unchecked)"),
        Row("rows a second", f"{ours:,.0f}", f"{floor:,.0f}", f"{ours / floor:.2f}", "5,000"),
        Row("memory at its largest", f"{max(one.many_memory for one in rounds) / MB:,.0f} MB", aim="200 MB"),
        Row(f"    with {few:,} rows", f"{max(one.few_memory for one in rounds) / MB:,.0f} MB"),
    ]


def _round(folder: Path, number: int, few: int, many: int) -> Round:
    """Make a round. No person occurs in two rounds."""
    few_file, many_file = _file(folder, few, f"few{number}"), _file(folder, many, f"many{number}")
    floor = _floor(many_file, way_in(f"Floor {number}"))
    _, few_memory = _imported(few_file, way_in(f"Few {number}"), few)
    ours, many_memory = _imported(many_file, way_in(f"Many {number}"), many)
    tell(f"floor {many / floor:,.0f}/s, ours {many / ours:,.0f}/s, memory {many_memory / MB:,.0f} MB")
    return Round(floor, ours, few_memory, many_memory)


def _file(folder: Path, rows: int, mark: str) -> Path:
    path = folder / f"{mark}.csv"
    with path.open("w", newline="") as file:
        paper = csv.writer(file)
        paper.writerow(PERSON)
        paper.writerows([value.replace(NUMBER, f"{mark}{n}") for value in PERSON.values()] for n in range(rows))
    return path


def _imported(path: Path, way: WayIn, rows: int) -> tuple[float, int]:
    words = [f"--{what}={getattr(way, what).pk}" for what in way._fields]
    began = perf_counter()
    command = subprocess.Popen([sys.executable, "manage.py", "import_leads", str(path), *words], cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(command.pid, 0)
    took = perf_counter() - began
    command.returncode = os.waitstatus_to_exitcode(status)
    if command.returncode or Lead.objects.filter(campaign=way.campaign).count() != rows:
        raise RuntimeError(f"the import ended with {command.returncode}, or not every row is a lead")
    return took, used.ru_maxrss


def _floor(path: Path, way: WayIn) -> float:
    fields = [field for field in Lead._meta.concrete_fields if not field.primary_key]
    began = perf_counter()
    with path.open(newline="") as file, connection.cursor() as cursor:
        columns = ", ".join(str(field.column) for field in fields)
        with cursor.copy(f"COPY leads_lead ({columns}) FROM STDIN") as copy:
            for row in _leads(file, way):
                copy.write_row([row[field.attname] for field in fields])
    return perf_counter() - began


def _leads(file: Any, way: WayIn) -> Any:
    lead = Lead(campaign=way.campaign, form=way.form, publisher=way.publisher, link=way.link, entry_point="import", imported=True, lane=1)
    fixed = {field.attname: field.get_db_prep_save(field.pre_save(lead, add=True), connection) for field in Lead._meta.concrete_fields}
    for number, person in enumerate(csv.DictReader(file)):
        own = {"lead_hash": f"{way.campaign.pk:08x}{number:024x}", "captured": json.dumps(person), **normalize.columns(person)}
        yield {**fixed, **own}
