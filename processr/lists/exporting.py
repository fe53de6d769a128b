"""A list as a CSV file for people, in constant memory: read by key, so that nobody's slow line keeps a transaction open."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from processr.lists.kinds import Kind
from processr.lists.spreadsheet import as_shown

AT_ONCE = 5_000
MARK = "\ufeff"
"""Tells spreadsheets that this is UTF-8."""


class _Echo:
    """csv writes to it, and has back what it wrote."""

    def write(self, text: str) -> str:
        return text


def lines(rows: QuerySet[Any], kind: Kind) -> Iterator[str]:
    """`rows` of the kind's table, as somebody may see them."""
    paper = csv.writer(_Echo())
    yield MARK + paper.writerow(kind.cells)
    for part in _parts(rows, kind):
        yield "".join(paper.writerow(map(as_shown, row)) for row in part)


def sample(kind: Kind) -> str:
    paper = csv.writer(_Echo())
    return MARK + "".join(paper.writerow(map(as_shown, row)) for row in (kind.cells, *kind.example))


def _parts(rows: QuerySet[Any], kind: Kind) -> Iterator[list[tuple[str, ...]]]:
    shown = kind.columns[: len(kind.cells)]
    last = ""
    while part := list(rows.filter(**{f"{kind.key}__gt": last}).order_by(kind.key).values_list(*shown, kind.key)[:AT_ONCE]):
        last = part[-1][-1]
        yield [row[: len(shown)] for row in part]
