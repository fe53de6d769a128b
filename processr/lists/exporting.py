"""A list as a CSV file, in constant memory.

Rows are read in portions by key, so that a slow client does not keep a transaction open.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from config.core.tabular.csv_writer import MARK, format_rows
from processr.lists.kinds import ListKind

AT_ONCE = 5_000


def lines(rows: QuerySet[Any], kind: ListKind) -> Iterator[str]:
    """Yield the lines of the file. `rows` are of the kind's table, already restricted to what the user may see."""
    yield MARK + format_rows([kind.cells])
    columns = kind.columns[: len(kind.cells)]
    last = ""
    while part := list(rows.filter(**{f"{kind.key}__gt": last}).order_by(kind.key).values_list(*columns, kind.key)[:AT_ONCE]):
        yield format_rows(row[: len(columns)] for row in part)
        last = part[-1][-1]


def sample(kind: ListKind) -> str:
    return MARK + format_rows([kind.cells, *kind.example])
