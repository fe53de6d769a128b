"""The table of leads: the columns of the open view, and the actions of a row."""

from collections.abc import Iterable, Sequence
from typing import Any

import django_tables2 as tables
from django.utils.safestring import SafeString

from campaigns.scope import Who
from config.core.lists.markup import markup
from config.core.lists.tables import ListTable
from leads import display
from leads.columns.declared import AMOUNT, url_of
from leads.columns.kinds import ChoiceColumn, MomentColumn, MoneyColumn
from leads.extension_points import LeadColumn, LeadPage
from leads.models import Lead
from leads.views.selection import FORM_ID, ONLY, OfferedAction

ROW_ID = "lead-row-{}"
"""The id of a lead's row on the page."""

WIDTHS = {
    "id": "id", "campaign_id": "id", "name": "name", "email": "email", "campaign": "campaign", "current_status": "status",
    "processr_status": "status", "delivery": "delivery", "billable": "yes", "created_at": "time", "flag_comment": "long",
    "replacement_comment": "long", "failed_jobs": "long",
}  # fmt: skip
LONG_HEADING = 13
CARD_COLUMNS = ("created_at", "company", "current_status", "campaign")
"""The columns of a lead's card on a phone, as far as they are chosen, beside and below its title."""
TITLES = ("name", "email", "id")
"""The title of the card: the first of these that is chosen."""


def width_of(column: LeadColumn) -> str:
    """Return the class of the column's width: by the column, by a heading that needs more than its kind does, or by its kind."""
    if column.key in WIDTHS:
        return WIDTHS[column.key]
    if len(column.label) > LONG_HEADING:
        return "wide"
    kinds = ((MomentColumn, "time"), (MoneyColumn, "choice"), (ChoiceColumn, "choice"))
    return next((width for kind, width in kinds if isinstance(column, kind)), "text")


class DeclaredColumn(tables.Column):
    """A column of the table, from its declaration."""

    empty_values = ()

    def __init__(self, declared: LeadColumn) -> None:
        attrs = {"td": {"class": declared.css}} if declared.css else {}
        if declared.css == AMOUNT:
            attrs["th"] = {"class": AMOUNT}
        super().__init__(verbose_name=declared.label, attrs=attrs)
        self.declared, self.width = declared, width_of(declared)

    def render(self, record: Lead, table: "LeadTable") -> SafeString | str:  # type: ignore[override]  # a column is passed what it names
        cell = self.declared.cell(record, table.page_of_leads)
        return mark_awaited(record, self.declared, cell, polls=self.declared is table.polled) if self.declared.live else cell


class PickColumn(tables.Column):
    """The boxes that select rows. They belong to the form of the bar above the table."""

    head_template, width = "leads/_pick_head.html", "pick"

    def render(self, record: Lead) -> SafeString:
        box = '<label><input type="checkbox" class="form-check-input" form="{}" name="id" value="{}" aria-label="Select lead {}"></label>'
        return markup(box, FORM_ID, record.pk, record.pk)


class ActionsColumn(tables.Column):
    width = "actions"


class LeadTable(ListTable):
    key = "leads"
    has_widths = True
    caption = "Leads"

    tick = PickColumn(empty_values=(), accessor="pk", verbose_name="Select", attrs={"th": {"class": "pick"}, "td": {"class": "pick"}})
    actions = ActionsColumn(empty_values=(), accessor="pk", attrs={"th": {"class": "row-actions"}, "td": {"class": "row-actions"}})

    def __init__(
        self,
        data: Sequence[Lead],
        *,
        who: Who,
        columns: Sequence[LeadColumn],
        actions: Sequence[OfferedAction] = (),
        opens_with: str = "",
        swapped: bool = False,
        **kwargs: Any,
    ) -> None:
        """`actions` are those on selected leads, and `opens_with` is the query of the addresses that open one.

        `swapped` rows take the place of those that the page shows.
        """
        self.flag_url = next((action.url for action in actions if action.for_row), "")
        self.opens_with, self.swapped = opens_with, swapped
        self.page_of_leads = LeadPage(who, data)
        keys = [column.key for column in columns]
        title = next((key for key in TITLES if key in keys), keys[0])
        self.cards = [title, *(key for key in CARD_COLUMNS if key in keys and key != title)]
        self.filters = {column.key: column.filter_name for column in columns}
        live = [column for column in columns if column.live]
        self.polled = next((column for column in live if column.key in self.cards), next(iter(live), None))
        declared = [(column.key, DeclaredColumn(column)) for column in columns]
        exclude = () if actions else ("tick",)
        super().__init__(data, extra_columns=declared, sequence=("tick", "...", "actions"), exclude=exclude, **kwargs)

    def row_attributes(self, record: Lead) -> SafeString:
        swap = ' hx-swap-oob="true"' if self.swapped else ""
        return SafeString(f' id="{ROW_ID.format(record.pk)}" data-lead="{record.pk}"{swap}')

    def render_actions(self, record: Lead) -> SafeString:
        address = url_of("lead", record.pk)
        view = markup('<a href="{}{}" aria-label="View lead {}" data-opens>View</a>', address, self.opens_with, record.pk)
        if not self.flag_url:
            return view
        return markup(
            '{}<button class="as-link" form="{}" formaction="{}" name="{}" value="{}" aria-label="Flag lead {}" data-flags>Flag</button>',
            view, FORM_ID, self.flag_url, ONLY, record.pk, record.pk,
        )  # fmt: skip


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
