"""The columns of leads, each declared once, in the order of the filters above the list."""

from functools import lru_cache

from django.db.models.expressions import Combinable
from django.urls import reverse
from django.utils.safestring import SafeString
from typing_extensions import override

from campaigns.scope import Who
from campaigns.selectors import campaigns_for, publishers_for
from config.core.accounts import roles
from config.core.lists.markup import clipped, markup
from leads import display
from leads.columns.bounded_filters import LabelFilter
from leads.columns.filter_parts import ColumnFilter
from leads.columns.filter_types import (
    BillableFilter,
    DayFilter,
    LeadIdsFilter,
    PointsFilter,
    PrefixFilter,
    RowFilter,
    SetFilter,
    StatusFilter,
    TelephoneFilter,
)
from leads.columns.kinds import (
    AddressColumn,
    ChoiceColumn,
    FieldColumn,
    FlagReasonColumn,
    HiddenColumn,
    MomentColumn,
    MoneyColumn,
    NameColumn,
    PathColumn,
)
from leads.extension_points import LeadPage, lead_columns
from leads.intake import normalize
from leads.models import Lead
from leads.selectors import billable_column
from leads.shown_status import ShownStatus, shown_choices, shown_label, shown_statuses
from leads.statuses import CurrentStatus, DeliveryStatus, EntryPoint, QaStatus, SecondCheck
from leads.values import emails, telephones, texts

DEFAULT_COLUMNS = (
    "id", "name", "company", "email", "current_status", "campaign", "delivery", "billable", "created_at",
)  # fmt: skip
"""The table that everybody begins with: as much as a window of 1440 pixels shows without scrolling sideways."""
YES_NO = ((True, "Yes"), (False, "No"))
IDS, AMOUNT = "mono", "number"
"""The classes of cells with ids and with amounts."""
REPLACEMENT = "replacement"
FLAGGING = ("second_check", "flag_reason", "flag_comment", "flagged_by", "flagged_at", "advertiser_billable")
"""The columns that the badge of a flag reads. Whether its comment is masked depends on the last one."""
VALUES = ("transformed", "captured", "enriched")
"""The sources of a value in the order of precedence (`Lead.values`)."""
BEGINS = "Whole, or how it begins."


@lru_cache(maxsize=4096)
def url_of(page: str, pk: int) -> str:
    """Return the URL of a page. It is cached: each of a hundred rows has two links."""
    return reverse(page, args=[pk])


def _statuses(page: LeadPage) -> dict[int, ShownStatus]:
    return shown_statuses(page.leads)


def _name_cell(lead: Lead, page: LeadPage) -> SafeString:
    """Return the name as the link to the lead, because it is the title of the lead's card on a phone."""
    name = NAME.text(lead, page)
    return markup('<a href="{}">{}</a>', url_of("lead", lead.pk), clipped(name) if name else f"Lead {lead.pk}")


def _id_cell(lead: Lead, _: LeadPage) -> SafeString:
    return markup('<a href="{}">{}</a>', url_of("lead", lead.pk), lead.pk)


def _campaign_cell(lead: Lead, _: LeadPage) -> SafeString:
    return markup('<a href="{}">{}</a>', url_of("campaign", lead.campaign_id), clipped(lead.campaign.name))


def _current_status_cell(lead: Lead, page: LeadPage) -> SafeString:
    """Return the status, with its first reason beside it and all of them where it opens."""
    badge, reasons = display.current_badge(page.who, lead), display.current_reasons(page.who, lead)
    first = next(iter(reasons), "")
    return markup('{}<span class="why" dir="auto" title="{}">{}</span>', badge, first, first) if reasons else badge


def _second_check_cell(lead: Lead, page: LeadPage) -> SafeString | str:
    return display.second_check_badge(page.who, lead)


class ProcessrStatusColumn(PathColumn):
    """The status of the row, or a hold that follows from other rows."""

    @override
    def expression(self, who: Who) -> Combinable:
        return shown_label()

    @override
    def bounded_filter(self) -> ColumnFilter:
        return LabelFilter(shown_label, shown_choices, label=self.label)

    def value(self, lead: Lead, page: LeadPage) -> str:
        return page.load_once(_statuses)[lead.pk].label

    def cell(self, lead: Lead, page: LeadPage) -> SafeString:
        return display.processr_badge(page.load_once(_statuses)[lead.pk])


class BillableFlag(ChoiceColumn):
    """The flag that the user means by billable. Only the advertiser's has an index to sort by."""

    def path_for(self, who: Who) -> str:
        return billable_column(who)

    def sort_for(self, who: Who) -> str:
        return self.sort if self.sort == billable_column(who) else ""

    def cell(self, lead: Lead, page: LeadPage) -> SafeString:
        return display.billable_badge(self.stored(lead, page.who))


FIRST_NAME = FieldColumn("first_name", "First Name", normalize.FIRST_NAME, sources=VALUES, masked="Names")
LAST_NAME = FieldColumn("last_name", "Last Name", normalize.LAST_NAME, sources=VALUES, masked="Names")
COMPANY = FieldColumn("company", "Company", "company", sources=VALUES)
NAME = NameColumn(
    "name",
    "Name",
    FIRST_NAME,
    LAST_NAME,
    cell=_name_cell,
    filter=PrefixFilter(
        "name_key",
        label="Name",
        help_text="First name, then last name; or how they begin.",
        max_length=200,
        normal_form=texts.fold_accents,
        suits=lambda text: "@" not in text and not telephones.looks_like(text),
    ),
    indexes=["lead_name"],
)

for column in (
    PathColumn("id", "Id", sort="id", filter=LeadIdsFilter("id", label="Id"), indexes=["leads_lead_pkey"], cell=_id_cell, css=IDS),
    PathColumn(
        "campaign_id",
        "Campaign ID",
        sort="campaign_id",
        filter_name="campaign",
        indexes=["lead_campaign"],
        cell=lambda lead, _: str(lead.campaign_id),
        css=IDS,
    ),
    PathColumn(
        "campaign",
        "Campaign",
        "campaign__name",
        cell=_campaign_cell,
        filter=RowFilter("campaign", label="Campaign", rows_for=lambda who: campaigns_for(who).order_by("-pk").distinct()),
        indexes=["lead_campaign"],
    ),
    PathColumn(
        "publisher",
        "Lead Generator",
        "publisher__name",
        sort="publisher_id",
        filter=RowFilter("publisher", label="Lead Generator", rows_for=lambda who: publishers_for(who).order_by("name").distinct()),
        indexes=["lead_publisher"],
    ),
    ChoiceColumn(
        "current_status",
        "Current Status",
        choices=CurrentStatus.choices,
        sort="current_status",
        filter=StatusFilter("current_status", label="Current Status", choices=CurrentStatus.choices),
        indexes=["lead_status"],
        cell=_current_status_cell,
        reads=[*FLAGGING, "qa_result"],
        live="current",
    ),
    ChoiceColumn(
        "delivery",
        "Delivery",
        "delivery_status",
        choices=DeliveryStatus.choices,
        sort="delivery_status",
        filter=StatusFilter("delivery_status", label="Delivery", choices=DeliveryStatus.choices),
        indexes=["lead_delivery"],
        cell=lambda lead, _: display.delivery_badge(lead),
        reads=["first_delivered_at"],
    ),
    BillableFlag(
        "billable",
        "Billable",
        "advertiser_billable",
        choices=YES_NO,
        sort="advertiser_billable",
        filter=BillableFilter(label="Billable"),
        indexes=["lead_billable"],
        reads=["publisher_billable"],
        live="billable",
    ),
    MomentColumn(
        "created_at",
        "Date",
        sort="created_at",
        filter=DayFilter("created_at", label="Date"),
        filter_name="created",
        indexes=["lead_created"],
    ),
    ChoiceColumn(
        "score",
        "QA Status",
        "qa_status",
        choices=QaStatus.choices,
        sort="score",
        filter=PointsFilter("score", label="Score", help_text="Points: at least, at most."),
        indexes=["lead_score"],
        cell=lambda lead, _: display.qa_badge(lead),
        reads=["score", "max_score", "hardfail", "qa_result", "campaign__threshold"],
        live="qa",
    ),
    ChoiceColumn(
        "errored",
        "Could Not Be Checked",
        choices=YES_NO,
        filter=SetFilter("errored", label="Could Not Be Checked", help_text="By some job, in the last run."),
        indexes=["lead_errored_any"],
    ),
    FieldColumn(
        "email",
        "Email",
        normalize.EMAIL,
        sources=VALUES,
        masked="E-mail addresses",
        sort="email",
        filter=PrefixFilter(
            "email",
            label="Email",
            help_text=BEGINS,
            max_length=320,
            normal_form=emails.searched,
            suits=lambda text: not telephones.looks_like(text),
        ),
        indexes=["lead_email"],
    ),
    FieldColumn(
        "phone",
        "Telephone",
        normalize.TELEPHONE,
        sources=VALUES,
        masked="Telephone numbers",
        sort="phone",
        filter=TelephoneFilter("phone", label="Telephone", help_text=f"{BEGINS} With the country's code or without."),
        indexes=["lead_phone"],
    ),
    NAME,
    COMPANY,
    FIRST_NAME,
    LAST_NAME,
    FieldColumn("country", "Country", normalize.COUNTRY, sources=VALUES),
    ChoiceColumn(
        "second_check",
        "2nd Check Status",
        choices=SecondCheck.choices,
        cell=_second_check_cell,
        reads=FLAGGING,
    ),
    ProcessrStatusColumn("processr_status", "Processr Status", reads=["hold_reason"], live="processr"),
    PathColumn("form", "Form", "form__name"),
    FlagReasonColumn("flag_reason", "Flag Reason"),
    PathColumn("flag_category", "Reason Category"),
    HiddenColumn("flag_comment", "Flag Comment", masked="Comments"),
    ChoiceColumn("replacement", "Replacement", "replacement_type", choices=(("", "No"), (REPLACEMENT, "Yes"))),
    ChoiceColumn("replacement_type", "Other Reason Type", choices=((REPLACEMENT, "Replacement"),)),
    HiddenColumn("replacement_comment", "Other Reason Comment", masked="Comments"),
    ChoiceColumn(
        "advertiser_billable",
        "Advertiser Billable",
        choices=YES_NO,
        roles=roles.MANAGES_CAMPAIGNS,
        cell=lambda lead, _: display.billable_badge(lead.advertiser_billable),
    ),
    ChoiceColumn(
        "publisher_billable",
        "Publisher Billable",
        choices=YES_NO,
        roles=roles.MANAGES_CAMPAIGNS,
        cell=lambda lead, _: display.billable_badge(lead.publisher_billable),
    ),
    MoneyColumn("advertiser_payout", "Advertiser Payout", roles=roles.MANAGES_CAMPAIGNS | roles.ADVERTISER_SIDE, css=AMOUNT),
    MoneyColumn("publisher_payout", "Publisher Payout", roles=roles.MANAGES_CAMPAIGNS | {roles.PUBLISHER}, css=AMOUNT),
    PathColumn("currency", "Currency", "campaign__currency__code"),
    ChoiceColumn("entry_point", "Entry Point", choices=EntryPoint.choices),
    PathColumn("link", "Link", "link__name"),
    PathColumn("channel", "Channel", "link__channel"),
    AddressColumn("ip", "IP Address", masked="IP addresses", css=IDS),
    MomentColumn("first_delivered_at", "First Delivered"),
):
    lead_columns.register(column)
