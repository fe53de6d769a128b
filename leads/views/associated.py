"""The Associated Campaigns tab of a lead: where else its e-mail address came in, and the numbers of these campaigns (decision 47)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString

from campaigns.models import Campaign
from campaigns.scope import Who
from config.core.ids import ids_in
from leads import display, privacy
from leads.columns.declared import url_of
from leads.extension_points import LeadTab, lead_tabs
from leads.figures import statistics
from leads.figures.statistics import ALL_DAYS, LeadNumbers
from leads.models import Lead
from leads.privacy import tabs
from leads.selectors import leads_for
from leads.views.chart import SERIES, DailyChart
from leads.views.list_address import LIST, tab_address

LOOKED_AT = 500
"""The newest leads with an address that are looked at: few people have more, but test addresses have any number."""
SHOWN = 50
CAMPAIGN = "campaign"
_COLUMNS = (
    "campaign__name", "publisher__name", "link__name", "link__channel", "created_at", "current_status", "second_check", "qa_result",
    "flag_reason", "flag_comment", "flagged_by", "flagged_at", "advertiser_billable", "delivery_status", "first_delivered_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AssociatedLead:
    lead: Lead
    url: str
    campaign_url: str
    is_of_same_campaign: bool
    status: SafeString
    delivery: SafeString


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign with the numbers of its leads. `chart_url` shows its days; `is_charted` says that they are shown."""

    campaign: Campaign
    numbers: LeadNumbers
    chart_url: str
    is_charted: bool

    @property
    def parts(self) -> list[tuple[str, int, Decimal | None]]:
        """Label, number and share of the total of each part that is shown."""
        return [(label, getattr(self.numbers, name), self.numbers.percentage(name)) for name, label in SERIES[1:]]


@lead_tabs.register
class AssociatedCampaigns(LeadTab):
    key = "associated_campaigns"
    template = "leads/_associated.html"

    def context(self, who: Who, lead: Lead, query: QueryDict) -> dict[str, Any]:
        associated = associated_leads(who, lead)
        campaigns = {found.campaign_id: found.campaign for found in [lead, *associated[:SHOWN]]}
        shown = next((pk for pk in ids_in(query.getlist(CAMPAIGN)) if pk in campaigns), lead.campaign_id)
        unmasked = privacy.sees_values_of(who, lead)
        return {
            "has_email": bool(lead.email),
            "may_edit": tabs.is_open_to(who, "edit_data"),
            "email": lead.email if unmasked else "",
            "leads": [_shown(who, found, lead, query.get(LIST, "")) for found in associated[:SHOWN]],
            "more": len(associated) > SHOWN,
            "list_url": f"{reverse('leads')}?{urlencode({'email': lead.email})}" if unmasked and privacy.sees_personal_data(who) else "",
            "campaigns": _lines(who, lead, campaigns, shown, query.get(LIST, "")),
            "charted": campaigns[shown],
            "chart": chart_of(who, shown),
        }


def associated_leads(who: Who, lead: Lead) -> Sequence[Lead]:
    """Return other leads with the same captured address: those of other campaigns first, the newest first, and one more than are shown.

    They are among the newest `LOOKED_AT` that the user sees.
    """
    if not lead.email:
        return []
    newest = leads_for(who).filter(email=lead.email).exclude(pk=lead.pk).order_by("-pk").values_list("pk", "campaign")[:LOOKED_AT]
    order = sorted(newest, key=lambda found: (found[1] == lead.campaign_id, -found[0]))
    shown = [pk for pk, _ in order[: SHOWN + 1]]
    if not shown:
        return []
    found = leads_for(who).select_related("campaign", "publisher", "link").only(*_COLUMNS).in_bulk(shown)
    return [found[pk] for pk in shown if pk in found]


def chart_of(who: Who, campaign_id: int) -> DailyChart:
    """Return the past days of a campaign, as far as the user sees its leads."""
    past = ALL_DAYS.of_chronology()
    return DailyChart(past.dates(), statistics.by_key(who, "day", past, campaign_id=[campaign_id]))


def _lines(who: Who, lead: Lead, campaigns: Mapping[int, Campaign], shown: int, list_address: str) -> list[CampaignLine]:
    counted = statistics.by_key(who, "campaign_id", campaign_id=campaigns)

    def chart(pk: int) -> str:
        return tab_address(lead.pk, AssociatedCampaigns.key, urlencode({CAMPAIGN: pk}), list_address=list_address)

    return [CampaignLine(campaign, counted.get(pk, LeadNumbers()), chart(pk), pk == shown) for pk, campaign in campaigns.items()]


def _shown(who: Who, found: Lead, lead: Lead, list_address: str) -> AssociatedLead:
    return AssociatedLead(
        lead=found,
        url=tab_address(found.pk, AssociatedCampaigns.key, list_address=list_address),
        campaign_url=url_of("campaign", found.campaign_id),
        is_of_same_campaign=found.campaign_id == lead.campaign_id,
        status=display.current_badge(who, found),
        delivery=display.delivery_badge(found),
    )
