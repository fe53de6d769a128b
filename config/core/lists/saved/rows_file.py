"""The cells of a table as text, for the file of the rows on screen."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from html import unescape
from typing import Any

from config.core.lists.cells import Cells
from config.core.lists.tables import ListTable

FileColumn = tuple[str, Callable[[Any], str]]
"""A heading, and the function that returns the text of a row."""
NOTHING = "—"
_MOMENT = re.compile(r'<time datetime="([^"]*)"[^>]*>.*?</time>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def file_columns_of(table: ListTable) -> Sequence[FileColumn]:
    """Return the columns of the table, without those that hold no data."""
    shown = [column for column in table.columns if column.name not in table.fixed]
    return [(str(column.header), partial(text_of_cell, Cells(table, column, ""))) for column in shown]


def text_of_cell(cells: Cells, row: Any) -> str:
    """Return the words of a cell, with what opens at it, and moments in full."""
    html = _TAG.sub(" ", _MOMENT.sub(r"\1", cells.html(row)))
    text = " ".join(unescape(html).split())
    return "" if text == NOTHING else text
