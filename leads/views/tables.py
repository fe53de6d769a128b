"""The table of leads: the columns that the user chose, and the actions of a row.

By default the five most important columns come first; the lead's statuses stand next to them, where a laptop shows them
without scrolling.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import django_tables2 as tables
from django.utils.safestring import SafeString

from campaigns.scope import Who
from config.core.lists.markup import markup
from config.core.lists.tables import ListTable
from leads import display
from leads.columns.declared import url_of
from leads.extension_points import LeadColumn, LeadPage
from leads.models import Lead


class DeclaredColumn(tables.Column):
    """A column of the table, from its declaration."""

    empty_values = ()

    def __init__(self, declared: LeadColumn) -> None:
        super().__init__(verbose_name=declared.label, attrs={"td": {"class": declared.css}} if declared.css else {})
        self.declared = declared

    def render(self, record: Lead, table: "LeadTable") -> SafeString | str:  # type: ignore[override]  # a column is passed what it names
        cell = self.declared.cell(record, table.page_of_leads)
        return mark_awaited(record, self.declared, cell, polls=self.declared is table.polled) if self.declared.live else cell


class LeadTable(ListTable):
    key = "leads"
    cards = ("id", "created_at", "email", "current_status")
    caption = "Leads"

    actions = tables.Column(empty_values=(), accessor="pk")

    def __init__(self, data: Sequence[Lead], *, who: Who, columns: Sequence[LeadColumn], **kwargs: Any) -> None:
        self.page_of_leads = LeadPage(who, data)
        self.filters = {column.key: column.filter_name for column in columns}
        live = [column for column in columns if column.live]
        self.polled = next((column for column in live if column.key in self.cards), next(iter(live), None))
        declared = [(column.key, DeclaredColumn(column)) for column in columns]
        super().__init__(data, extra_columns=declared, sequence=("...", "actions"), **kwargs)

    def render_actions(self, record: Lead) -> SafeString:
        return markup('<a href="{}" aria-label="View lead {}">View</a>', url_of("lead", record.pk), record.pk)


def mark_awaited(lead: Lead, column: LeadColumn, cell: SafeString | str, *, polls: bool) -> SafeString | str:
    """Return a cell with an id while the lead is not judged, so that the poll can find and replace it.

    One cell of the row also carries the poll's input: one that phones show too, if there is one.
    """
    if lead.processr_status not in display.UNDER_WAY:
        return cell
    poll_input = markup('<input type="hidden" name="awaited" value="{}">', lead.pk) if polls else ""
    return markup('<span id="lead-{}-{}">{}{}</span>', lead.pk, column.live, cell, poll_input)


def refreshed_cells(page: LeadPage, columns: Iterable[LeadColumn]) -> list[tuple[str, SafeString | str]]:
    """Return the cells of leads that were judged meanwhile, by the ids that `mark_awaited` gave them."""
    live = [column for column in columns if column.live]
    return [(f"lead-{lead.pk}-{column.live}", column.cell(lead, page)) for lead in page.leads for column in live]
