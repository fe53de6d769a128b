"""`make bench`: what the product does next to what the machine could do at most, measured in one run. A table, no judgement.

Each kind has a process and an installation of its own: what one leaves behind (leads, caches, memory) is not in the figures of the next,
and the figures of a kind are the same whether it runs alone or among the others.
"""

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path
from signal import SIGTERM
from tempfile import TemporaryDirectory
from typing import Any

from config.embedded.processes import ends_with_parent
from tests.bench import machine
from tests.bench.installation import installation
from tests.bench.report import Row, print_table

KINDS = ("intake", "jobs", "deliveries", "outbox", "catalogue", "importing", "files", "polling", "page", "lead", "flagging", "batches")
LEADS_ON_THE_PAGE = 2_000_000


def main() -> int:
    asked = _arguments()
    if asked.rows_to:
        _measure(asked)
        return 0
    print("\n".join(machine.described()), flush=True)
    try:
        rows = [row for kind in asked.kinds or KINDS for row in _measured_apart(kind, asked)]
    except subprocess.CalledProcessError as failed:
        return failed.returncode if failed.returncode > 0 else 1
    if asked.scale != 1:
        print(f"Sizes times {asked.scale:g}: this shows that everything runs; the figures compare with no others.")
    print_table(rows)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="|".join(KINDS), help="all unless said")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median is shown (%(default)s)")
    parser.add_argument("--seconds", type=float, default=8, help="of a round of intake or polling (%(default)s)")
    parser.add_argument("--leads", type=int, help=f"on the Leads page ({LEADS_ON_THE_PAGE:,} times the scale)")
    parser.add_argument("--scale", type=float, default=1, help="of leads, rows and values; 0.01 is a quick look whether all of it runs")
    parser.add_argument("--rows-to", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if strange := set(asked.kinds) - set(KINDS):
        parser.error(f"there is no benchmark {', '.join(sorted(strange))}")
    if asked.leads is None:
        asked.leads = round(LEADS_ON_THE_PAGE * asked.scale)
    return asked


def _measured_apart(kind: str, asked: argparse.Namespace) -> list[Row]:
    sizes = [f"--{name}={getattr(asked, name)}" for name in ("rounds", "seconds", "leads", "scale")]
    with TemporaryDirectory(prefix="sluice-bench-rows-") as folder:
        file = Path(folder) / "rows.json"
        command = [sys.executable, "-m", "tests.bench", kind, *sizes, f"--rows-to={file}"]
        process = subprocess.Popen(command, preexec_fn=ends_with_parent(SIGTERM))
        try:
            status = process.wait()
        except KeyboardInterrupt:
            process.wait()  # it shares the terminal, and ends what it has started
            raise
        if status or not file.exists():
            raise subprocess.CalledProcessError(status, command)
        rows: list[Any] = json.loads(file.read_text())
    return [Row(*row) for row in rows]


def _measure(asked: argparse.Namespace) -> None:
    with installation() as supervisor:
        # Found by name, once Django is set up: a benchmark imports models.
        rows = [row for kind in asked.kinds for row in importlib.import_module(f"tests.bench.{kind}").measure(supervisor, asked)]
        asked.rows_to.write_text(json.dumps(rows))


if __name__ == "__main__":
    sys.exit(main())
