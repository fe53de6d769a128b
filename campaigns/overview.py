"""A campaign on one page: its terms, forms, links and contracts, as far as the user may see them."""

from copy import copy
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from campaigns import submission
from campaigns.extension_points import Figures, Trouble, figure_source
from campaigns.models import Campaign, CampaignLink, CampaignPublisher, Form
from campaigns.scope import Who, scope_of
from campaigns.selectors import ACTIVE, campaign_status, troubles_of
from config.core.accounts import roles


@dataclass(frozen=True)
class ContractLine:
    """A publisher on the campaign. `contract` is None for leads that came without one."""

    contract: CampaignPublisher | None
    figures: Figures

    @property
    def status_kind(self) -> str:
        if self.contract is None:
            return ""
        return {"Unsigned": "setup_required", "Active": "active"}.get(self.contract.status, "inactive")

    @property
    def is_active(self) -> bool:
        return self.contract is not None and self.contract.status == "Active"


class CampaignOverview:
    """The data of the page, each part read once on first use. `who` must be able to see the campaign: the view checks that."""

    def __init__(self, campaign: Campaign, who: Who) -> None:
        self.campaign, self.who, self.status = campaign, who, campaign_status(campaign)

    @property
    def may_manage(self) -> bool:
        return self.who.role in roles.MANAGES_CAMPAIGNS

    @property
    def shows_key(self) -> bool:
        """Whether the key is shown, by which anybody posts leads and so asks what they have in common with others."""
        return self.who.role in roles.HOLDS_CAPABILITIES

    @property
    def shows_payouts(self) -> bool:
        """Whether payouts of publishers are shown: to users who manage campaigns, and to a publisher its own."""
        return self.may_manage or self.who.role == roles.PUBLISHER

    @property
    def shows_price(self) -> bool:
        """Whether the advertiser's price and volume are shown."""
        return self.may_manage or self.who.role in roles.ADVERTISER_SIDE

    @property
    def shows_advertiser(self) -> bool:
        return self.who.role != roles.PUBLISHER

    @property
    def is_open(self) -> bool:
        return self.status == ACTIVE

    @property
    def may_pause(self) -> bool:
        return self.may_manage and self.campaign.paused_at is None

    @property
    def may_resume(self) -> bool:
        return self.may_manage and self.campaign.paused_at is not None

    @property
    def slots_left(self) -> int | None:
        volume = self.campaign.lead_volume
        return None if volume is None else max(0, volume - (self.campaign.slots_taken or 0))

    @property
    def process_delay(self) -> str:
        """The time in words for which leads wait before they are delivered; empty for none."""
        return duration_in_words(self.campaign.process_delay)

    @cached_property
    def troubles(self) -> list[Trouble]:
        return troubles_of(self.who, [self.campaign.pk]).get(self.campaign.pk, [])

    @cached_property
    def forms(self) -> list[Form]:
        return submission.forms_of(self.campaign)

    @cached_property
    def links(self) -> list[CampaignLink]:
        return list(self.campaign.links.order_by("status", "pk"))

    @cached_property
    def publishers(self) -> list[ContractLine]:
        """The publishers on the campaign. A publisher sees itself alone; the figures are restricted to what it sees anyway."""
        contracts = self.campaign.contracts.select_related("publisher").order_by("publisher__name", "pk")
        if self.who.role == roles.PUBLISHER:
            contracts = contracts.filter(publisher__in=scope_of(self.who).publishers)
        figures = dict(self._figures)
        lines = [ContractLine(contract, figures.pop(contract.publisher_id, Figures())) for contract in contracts]
        without_contract = sum(figures.values(), Figures())
        return [*lines, ContractLine(None, without_contract)] if without_contract.total else lines

    @cached_property
    def _figures(self) -> dict[int | None, Figures]:
        source = figure_source()
        return dict(source.by_publisher(self.who, self.campaign.pk)) if source else {}

    @property
    def counts_leads(self) -> bool:
        return figure_source() is not None

    @property
    def totals(self) -> Figures:
        return sum(self._figures.values(), Figures())

    @property
    def form_to_try(self) -> Form | None:
        return next((form for form in self.forms if form.fields.all()), None)

    @property
    def publisher_to_try(self) -> int | None:
        return next((line.contract.publisher_id for line in self.publishers if line.contract and line.is_active), None)

    @property
    def active_publishers(self) -> int:
        return sum(line.is_active for line in self.publishers)

    @property
    def resumes_into(self) -> str:
        """The status that the campaign would have without the pause."""
        resumed = copy(self.campaign)
        resumed.paused_at = None
        return campaign_status(resumed)

    @property
    def link_to_try(self) -> int | None:
        return next((link.pk for link in self.links if link.status == "active"), None)

    @property
    def resumes_late(self) -> bool:
        """Whether the time to resume has passed. The periodic task resumes the campaign within a minute."""
        return self.campaign.resume_at is not None and self.campaign.resume_at <= timezone.now()


def duration_in_words(minutes: int) -> str:
    """Return such as “1 hour 30 minutes”; an empty text for none."""
    hours, rest = divmod(minutes, 60)
    return " ".join(f"{n:,} {unit}{'' if n == 1 else 's'}" for n, unit in ((hours, "hour"), (rest, "minute")) if n)
