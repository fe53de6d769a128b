"""A list as a CSV file, in constant memory.

Rows are read in portions by key, so that a slow client does not keep a transaction open.
"""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from processr.lists.kinds import ListKind
from processr.lists.spreadsheet import as_shown

AT_ONCE = 5_000
MARK = "\ufeff"
"""The byte order mark, by which spreadsheets recognise UTF-8."""


class _Echo:
    """A file that returns each text written to it, as `csv.writer` requires."""

    def write(self, text: str) -> str:
        return text


def lines(rows: QuerySet[Any], kind: ListKind) -> Iterator[str]:
    """Yield the lines of the file. `rows` are of the kind's table, already restricted to what the user may see."""
    paper = csv.writer(_Echo())
    yield MARK + paper.writerow(kind.cells)
    for part in _parts(rows, kind):
        yield "".join(paper.writerow(map(as_shown, row)) for row in part)


def sample(kind: ListKind) -> str:
    paper = csv.writer(_Echo())
    return MARK + "".join(paper.writerow(map(as_shown, row)) for row in (kind.cells, *kind.example))


def _parts(rows: QuerySet[Any], kind: ListKind) -> Iterator[list[tuple[str, ...]]]:
    shown = kind.columns[: len(kind.cells)]
    last = ""
    while part := list(rows.filter(**{f"{kind.key}__gt": last}).order_by(kind.key).values_list(*shown, kind.key)[:AT_ONCE]):
        last = part[-1][-1]
        yield [row[: len(shown)] for row in part]
