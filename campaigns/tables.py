"""The table of campaigns. The leads of all its rows are counted in one query."""

from typing import Any

import django_tables2 as tables
from django.utils.safestring import SafeString, mark_safe

from campaigns.extension_points import Figures, figure_source
from campaigns.models import Campaign
from campaigns.scope import Who
from campaigns.selectors import campaign_status, troubles_of
from config.core.accounts import roles
from config.core.lists import badges
from config.core.lists.markup import markup
from config.core.lists.tables import IdColumn, ListTable, NumberColumn, TextColumn, TimeColumn

FIGURES = ("total", "valid", "delivered")
NOT_FOR_PUBLISHERS = ("advertiser", "volume")
TROUBLES_SHOWN = 3


class FigureColumn(NumberColumn):
    empty_values = ()

    def render(self, record: Campaign, table: "CampaignTable", bound_column: Any) -> str:  # type: ignore[override]
        return f"{getattr(table.figures.get(record.pk, Figures()), bound_column.name):,}"


class AttentionColumn(tables.Column):
    """The troubles of a campaign, each with a link to where it is seen and mended."""

    def render(self, record: Campaign, table: "CampaignTable") -> SafeString | str:
        troubles = table.troubles.get(record.pk, ())
        link = '<a class="trouble" href="{}" dir="auto" title="{}">{}</a>'
        lines = [markup(link, trouble.url, trouble.text, trouble.text) for trouble in troubles[:TROUBLES_SHOWN]]
        if more := len(troubles) - len(lines):
            lines.append(markup('<span class="soft">{} more</span>', more))
        return mark_safe("".join(lines)) if lines else "—"


class CampaignTable(ListTable):
    key = "campaigns"
    sorts = {"id": "id", "name": "name", "start": "start", "end": "end"}
    cards = ("name", "status", "advertiser", "total")
    caption = "Campaigns"

    id = IdColumn(verbose_name="Id")
    name = TextColumn(linkify=("campaign", {"pk": tables.A("pk")}))
    advertiser = TextColumn(accessor="advertiser__name")
    status = tables.Column(empty_values=())
    attention = AttentionColumn(empty_values=())
    start = TimeColumn(verbose_name="Starts")
    end = TimeColumn(verbose_name="Ends")
    total = FigureColumn(verbose_name="Leads")
    valid = FigureColumn()
    delivered = FigureColumn()
    volume = NumberColumn(accessor="lead_volume", default="Uncapped")

    def __init__(self, data: list[Campaign], *, who: Who, **kwargs: Any) -> None:
        source = figure_source()
        self.figures = source.by_campaign(who, [campaign.pk for campaign in data]) if source and data else {}
        self.troubles = troubles_of(who, [campaign.pk for campaign in data])
        hidden = [*(() if source else FIGURES), *(NOT_FOR_PUBLISHERS if who.role == roles.PUBLISHER else ())]
        if who.role not in roles.MANAGES_CAMPAIGNS:
            hidden.append("attention")
        if self.troubles:
            self.cards = ("name", "status", "attention", "total")
        super().__init__(data, exclude=hidden, **kwargs)

    def render_status(self, record: Campaign) -> SafeString:
        return status_badge(record)


def status_badge(campaign: Campaign) -> SafeString:
    """Return the badge of the status. The reason of a pause is shown on hover, focus or tap."""
    status = campaign_status(campaign)
    reasons = [campaign.pause_reason] if status == "Paused" and campaign.pause_reason else []
    return badges.badge(status.lower().replace(" ", "_"), status, reasons=reasons, key=f"campaign-{campaign.pk}")
