"""Base table and columns for all apps: the display of ids, numbers, texts and times."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import django_tables2 as tables
from django.utils.safestring import SafeString, mark_safe

from config.core.lists import badges, times
from config.core.lists.cells import Cells
from config.core.lists.markup import clipped, markup


class ListTable(tables.Table):
    """Base of the tables of list pages; the table declares its columns and their sorts.

    The page sorts and paginates, by key: the library would sort by any column and count all rows (law 8).

    `sorts`: column name → indexed column of the model; other columns are not sortable.
    `filters`: column name → filter name where the two differ, for the filter in the column's head.
    `cards`: the columns shown on a phone, in their order there; the first is the title of the card.
    `has_widths`: whether its columns have a `width`, a class of lists.css, so that no column jumps while the rows arrive.
    `fixed`: columns without data, which nobody can move or remove.
    """

    key: ClassVar[str] = ""
    sorts: ClassVar[Mapping[str, str]] = {"id": "id"}
    default_sort: ClassVar[str] = "-id"
    filters: Mapping[str, str] = {}
    cards: Sequence[str] = ()
    has_widths: ClassVar[bool] = False
    fixed: ClassVar[Collection[str]] = ("actions", "tick")

    class Meta:
        orderable = False
        template_name = "core/table.html"

    @property
    def body(self) -> SafeString:
        """The rendered rows. A template would look up the same column attributes for every one of a thousand cells."""
        columns = []
        for column in self.columns:
            place = f"in-card card-{list(self.cards).index(column.name) + 1}" if column.name in self.cards else ""
            classes = [column.attrs.get("td", {}).get("class") or "", place]
            tag = markup('<td role="cell" class="{}" data-label="{}">', " ".join(filter(None, classes)), column.header)
            columns.append(Cells(self, column, tag))
        rows = ((self.row_attributes(record), "".join(cells.html(record) for cells in columns)) for record in self.data)
        return mark_safe("".join(f'<tr role="row"{attributes}>{row}</tr>' for attributes, row in rows))

    def row_attributes(self, record: Any) -> SafeString:  # noqa: ARG002  (for subclasses)
        """Return further attributes of a row, each after a space."""
        return SafeString("")


class TextColumn(tables.Column):
    """A column of text: long values are cut with an ellipsis and shown whole on hover, in the text's own writing direction."""

    def render(self, value: Any) -> SafeString:
        return clipped(value)


class IdColumn(tables.Column):
    attrs = {"td": {"class": "mono"}}


class NumberColumn(tables.Column):
    attrs = {"th": {"class": "number"}, "td": {"class": "number"}}

    def render(self, value: Any) -> str:
        return f"{value:,}"


class TimeColumn(tables.Column):
    def render(self, value: Any) -> SafeString | str:
        return times.tag(value)


class BillableColumn(tables.Column):
    empty_values = ()

    def render(self, value: Any) -> SafeString:
        return badges.badge("billable", "Yes") if value else badges.badge("not_billable", "No")
