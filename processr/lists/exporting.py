"""A list as a CSV file, in constant memory.

Rows are read in portions by key, so that a slow client does not keep a transaction open.
"""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from processr.lists.kinds import ListKind
from processr.lists.spreadsheet import escape_formula

AT_ONCE = 5_000
MARK = "\ufeff"
"""The byte order mark, by which spreadsheets recognise UTF-8."""


class _Echo:
    """A file that returns each text written to it, as `csv.writer` requires."""

    def write(self, text: str) -> str:
        return text


def lines(rows: QuerySet[Any], kind: ListKind) -> Iterator[str]:
    """Yield the lines of the file. `rows` are of the kind's table, already restricted to what the user may see."""
    writer = csv.writer(_Echo())
    yield MARK + writer.writerow(kind.cells)
    columns = kind.columns[: len(kind.cells)]
    last = ""
    while part := list(rows.filter(**{f"{kind.key}__gt": last}).order_by(kind.key).values_list(*columns, kind.key)[:AT_ONCE]):
        yield "".join(writer.writerow(map(escape_formula, row[: len(columns)])) for row in part)
        last = part[-1][-1]


def sample(kind: ListKind) -> str:
    writer = csv.writer(_Echo())
    return MARK + "".join(writer.writerow(map(escape_formula, row)) for row in (kind.cells, *kind.example))
