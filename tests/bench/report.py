"""The table of the results."""

import sys
from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    what: str
    measured: str = ""
    floor: str = ""
    ratio: str = ""
    aim: str = ""


HEAD = Row("what", "measured", "floor", "ratio", "aim")


def scaled(full: int, scale: float) -> int:
    """Return the size at this scale, at least 1."""
    return max(1, round(full * scale))


def any_figure(row: Row) -> bool:
    return any(row[1:])


def print_table(rows: Sequence[Row]) -> None:
    """Words to the left, figures to the right; a row without figures heads what follows, however long it is."""
    widths = [max(map(len, column)) for column in zip(HEAD, *filter(any_figure, rows), strict=True)]
    for row in (HEAD, *rows):
        if not any_figure(row):
            print()
        figures = "  ".join(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        print(f"{row.what:<{widths[0]}}  {figures}".rstrip())


def tell(message: str) -> None:
    """Print the progress on the standard error."""
    print(message, file=sys.stderr, flush=True)
