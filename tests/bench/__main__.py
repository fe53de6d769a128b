"""`make bench`: what the product does next to what the machine could do at most, measured in one run. A table, no judgement."""

import argparse
import importlib
import sys

from tests.bench import machine
from tests.bench.installation import installation
from tests.bench.report import print_table

KINDS = ("intake", "jobs", "deliveries", "catalogue", "importing", "polling", "page")


def main() -> None:
    asked = _arguments()
    with installation() as supervisor:
        print("\n".join(machine.described()), flush=True)
        # Found by name, once Django is set up: a benchmark imports models.
        rows = [row for kind in asked.kinds or KINDS for row in importlib.import_module(f"tests.bench.{kind}").measure(supervisor, asked)]
        print_table(rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="|".join(KINDS), help="all unless said")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median is shown (%(default)s)")
    parser.add_argument("--seconds", type=float, default=8, help="of a round of intake or polling (%(default)s)")
    parser.add_argument("--leads", type=int, default=2_000_000, help="on the Leads page (%(default)s)")
    asked = parser.parse_args()
    if strange := set(asked.kinds) - set(KINDS):
        parser.error(f"there is no benchmark {', '.join(sorted(strange))}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
