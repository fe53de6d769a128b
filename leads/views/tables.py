"""The table of leads, with sixteen columns and the actions of a row.

The five most important columns come first; the lead's statuses stand next to them, where a laptop shows them without
scrolling.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.safestring import SafeString

from campaigns.scope import Who
from config.core.lists.markup import markup
from config.core.lists.tables import BillableColumn, IdColumn, ListTable, TextColumn, TimeColumn
from leads import display, privacy
from leads.intake import normalize
from leads.models import Lead
from leads.selectors import billable_column
from leads.shown_status import shown_statuses

COLUMNS = (
    "id", "created_at", "deleted_at", "captured", "transformed", "enriched", "qa_status", "second_check", "current_status",
    "processr_status", "hold_reason", "delivery_status", "first_delivered_at", "publisher_billable", "advertiser_billable", "score",
    "max_score", "hardfail", "errored", "qa_result", "email", "phone", "flag_reason", "flag_comment", "flagged_by", "flagged_at",
    "campaign__name", "campaign__threshold", "campaign__advertiser__visible_fields", "publisher__name", "form__name",
)  # fmt: skip
"""The columns that a row needs; the other columns are not loaded."""
POLLED_CELL = "current"
"""The cell that carries the poll's input, because phones show it too."""


@lru_cache(maxsize=4096)
def _url(page: str, pk: int) -> str:
    """Return the URL of a page. It is cached: each of a hundred rows has two links."""
    return reverse(page, args=[pk])


class ValueColumn(TextColumn):
    """A column of one captured value, as the user may see it."""

    empty_values = ()

    def __init__(self, field: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.field = field

    def render(self, record: Lead, table: "LeadTable") -> SafeString | str:  # type: ignore[override]  # a column is passed what it names
        value = table.values_of(record).get(self.field, "")
        return super().render(value) if value else "—"


class LeadTable(ListTable):
    key = "leads"
    sorts = {
        "id": "id",
        "created_at": "created_at",
        "campaign_id": "campaign_id",
        "publisher": "publisher_id",
        "email": "email",
        "phone": "phone",
        "current_status": "current_status",
        "delivery": "delivery_status",
        "billable": "advertiser_billable",
        "score": "score",
    }
    filters = {"created_at": "created", "last_name": "name"}
    cards = ("id", "created_at", "email", "current_status")
    caption = "Leads"

    id = IdColumn()
    created_at = TimeColumn(verbose_name="Date")
    campaign_id = IdColumn(verbose_name="Campaign ID")
    campaign = TextColumn(accessor="campaign__name")
    publisher = TextColumn(accessor="publisher__name", verbose_name="Lead Generator")
    current_status = tables.Column(verbose_name="Current Status")
    first_name = ValueColumn(normalize.FIRST_NAME, verbose_name="First Name")
    last_name = ValueColumn(normalize.LAST_NAME, verbose_name="Last Name")
    email = ValueColumn(normalize.EMAIL, verbose_name="Email")
    phone = ValueColumn(normalize.TELEPHONE, verbose_name="Telephone")
    score = tables.Column(verbose_name="QA Status", accessor="qa_status", empty_values=())
    second_check = tables.Column(verbose_name="2nd Check", empty_values=())
    processr_status = tables.Column(verbose_name="Processr Status")
    delivery = tables.Column(accessor="delivery_status")
    billable = BillableColumn(accessor="pk")
    form = TextColumn(accessor="form__name")
    actions = tables.Column(empty_values=(), accessor="pk")

    def __init__(self, data: list[Lead], *, who: Who, **kwargs: Any) -> None:
        self.who = who
        self.statuses = shown_statuses(data)
        self._values: dict[int, Mapping[str, str]] = {}
        super().__init__(data, **kwargs)

    def values_of(self, lead: Lead) -> Mapping[str, str]:
        if lead.pk not in self._values:
            self._values[lead.pk] = display.values_of(self.who, lead)
        return self._values[lead.pk]

    def render_id(self, record: Lead) -> SafeString:
        return markup('<a href="{}">{}</a>', _url("lead", record.pk), record.pk)

    def render_campaign(self, record: Lead, column: TextColumn) -> SafeString:
        return markup('<a href="{}">{}</a>', _url("campaign", record.campaign_id), column.render(record.campaign.name))

    def render_score(self, record: Lead) -> SafeString | str:
        return mark_awaited(record, "qa", display.qa_badge(record))

    def render_second_check(self, record: Lead) -> SafeString | str:
        return display.second_check_badge(self.who, record)

    def render_current_status(self, record: Lead) -> SafeString | str:
        return mark_awaited(record, "current", display.current_badge(self.who, record))

    def render_processr_status(self, record: Lead) -> SafeString | str:
        return mark_awaited(record, "processr", display.processr_badge(self.statuses[record.pk]))

    def render_delivery(self, record: Lead) -> SafeString:
        return display.delivery_badge(record)

    def render_billable(self, record: Lead) -> SafeString | str:
        return mark_awaited(record, "billable", billable_badge(self.who, record))

    def render_actions(self, record: Lead) -> SafeString:
        return markup('<a href="{}" aria-label="View lead {}">View</a>', _url("lead", record.pk), record.pk)


def billable_badge(who: Who, lead: Lead) -> SafeString:
    return display.billable_badge(getattr(lead, billable_column(who)))


def mark_awaited(lead: Lead, part: str, cell: SafeString | str) -> SafeString | str:
    """Return a cell with an id while the lead is not judged, so that the poll can find and replace it. One cell also carries the input."""
    if lead.processr_status not in display.UNDER_WAY:
        return cell
    poll_input = markup('<input type="hidden" name="awaited" value="{}">', lead.pk) if part == POLLED_CELL else ""
    return markup('<span id="lead-{}-{}">{}{}</span>', lead.pk, part, cell, poll_input)


def sorts_for(who: Who) -> dict[str, str]:
    """Return the sorts of a user: not by masked columns, and by billable only for the indexed flag."""
    masked = privacy.PERSONAL if not privacy.sees_personal_data(who) else frozenset()
    indexed_billable = billable_column(who)
    return {
        name: column for name, column in LeadTable.sorts.items()
        if column not in masked and (name != "billable" or column == indexed_billable)
    }  # fmt: skip


def refreshed_cells(who: Who, leads: list[Lead]) -> list[tuple[str, SafeString | str]]:
    """Return the cells of leads that were judged meanwhile, by the ids that `mark_awaited` gave them."""
    statuses = shown_statuses(leads)
    cells: list[tuple[str, SafeString | str]] = []
    for lead in leads:
        cells += [
            (f"lead-{lead.pk}-qa", display.qa_badge(lead)),
            (f"lead-{lead.pk}-current", display.current_badge(who, lead)),
            (f"lead-{lead.pk}-processr", display.processr_badge(statuses[lead.pk])),
            (f"lead-{lead.pk}-billable", billable_badge(who, lead)),
        ]
    return cells
