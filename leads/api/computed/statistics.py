"""Numbers of leads in API v4: statistics, a member per campaign, publisher or link."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.campaigns import NAMED_OR_NULL
from campaigns.models import Campaign, CampaignLink, Publisher
from campaigns.selectors import each_campaign_for, each_publisher_for, links_for
from config.core.accounts import roles
from config.core.api import hydra
from leads.api.computed.filters import AskedLeads, StatisticsFilterSet, address_of
from leads.figures import statistics
from leads.figures.statistics import NUMBERS, SHARES, LeadNumbers

_PERCENT = {"type": ["number", "null"], "multipleOf": 0.1, "description": "Of the total, with one decimal, half up; null of no leads."}


def percentages(counted: LeadNumbers) -> dict[str, float | None]:
    shares = {name: counted.percentage(name) for name in SHARES}
    return {f"{name}Percentage": None if share is None else float(share) for name, share in shares.items()}


def numbers(counted: LeadNumbers) -> dict[str, int]:
    return {name: getattr(counted, name) for name in NUMBERS}


class CountsSerializer(serializers.Serializer):
    """The numbers of leads that members of both collections have."""

    total = serializers.IntegerField(read_only=True, min_value=0)
    valid = serializers.IntegerField(read_only=True, min_value=0)
    invalid = serializers.IntegerField(read_only=True, min_value=0)
    caution = serializers.IntegerField(read_only=True, min_value=0)
    test = serializers.IntegerField(read_only=True, min_value=0)
    delivered = serializers.IntegerField(read_only=True, min_value=0)
    billable = serializers.IntegerField(read_only=True, min_value=0)


class StatisticsSerializer(CountsSerializer, hydra.HydraSerializer):
    """The numbers of leads of a campaign, a publisher or a link. `billable` is for a publisher what it is paid for."""

    class Meta:
        type = "Statistics"
        address = "statistics"

    campaign = hydra.JsonField(schema=NAMED_OR_NULL, read_only=True)
    publisher = hydra.JsonField(schema=NAMED_OR_NULL, read_only=True)
    link = hydra.JsonField(schema=NAMED_OR_NULL, read_only=True)
    validPercentage = hydra.JsonField(schema=_PERCENT, read_only=True)
    invalidPercentage = hydra.JsonField(schema=_PERCENT, read_only=True)
    cautionPercentage = hydra.JsonField(schema=_PERCENT, read_only=True)
    testPercentage = hydra.JsonField(schema=_PERCENT, read_only=True)
    deliveredPercentage = hydra.JsonField(schema=_PERCENT, read_only=True)
    billablePercentage = hydra.JsonField(schema=_PERCENT, read_only=True)


class StatisticsViewSet(hydra.HydraViewSet):
    """Numbers of the leads that the caller sees.

    There is a member for each link if links are asked for, else for each publisher if publishers are, else for each
    campaign: those that are asked for, or all that the caller sees, templates left out. The other filters and the days restrict the leads.
    Campaigns and publishers are counted whatever the number of their leads; the leads of links up to 50,000 at once.
    """

    serializer_class = StatisticsSerializer
    filterset_class = StatisticsFilterSet
    roles = {"list": roles.SEES_LEADS}
    noun = ("number of leads", "numbers of leads")

    def list(self, request: Request) -> Response:  # noqa: ARG002  (the query is read by the viewset)
        page = hydra.page_of_rows(self._rows(), self)
        counted = self._counted([row.pk for row in page.members])
        return self.page(page.map(lambda row: self._record(row, counted.get(row.pk, LeadNumbers()))))

    @property
    def filters(self) -> StatisticsFilterSet:
        filters = self.query.filterset
        assert isinstance(filters, StatisticsFilterSet)
        return filters

    @cached_property
    def asked(self) -> AskedLeads:
        return AskedLeads.of(self.request.user, self.filters)

    def _rows(self) -> QuerySet[Any]:
        """Return what there is a member for, of the finest kind that is asked for."""
        if self.asked.nothing:
            return each_campaign_for(self.request.user).none()
        if self.asked.links is not None:
            links = links_for(self.request.user).filter(pk__in=self.asked.links).select_related("campaign")
            return links if self.asked.campaigns is None else links.filter(campaign__in=self.asked.campaigns)
        if self.asked.publishers is not None:
            return each_publisher_for(self.request.user).filter(pk__in=self.asked.publishers)
        campaigns = each_campaign_for(self.request.user).filter(is_template=False)
        return campaigns if self.asked.campaigns is None else campaigns.filter(pk__in=self.asked.campaigns)

    def _counted(self, ids: Sequence[int]) -> Mapping[Any, LeadNumbers]:
        who, asked, days = self.request.user, self.asked, self.filters.days
        if not ids:
            return {}
        if asked.links is not None:
            return statistics.of_links(who, "link_id", ids, days, campaign_id=asked.campaigns, publisher_id=asked.publishers)
        if asked.publishers is not None:
            return statistics.by_key(who, "publisher_id", days, campaign_id=asked.campaigns, publisher_id=ids)
        return statistics.by_key(who, "campaign_id", days, campaign_id=ids)

    def _record(self, row: Model, counted: LeadNumbers) -> hydra.JsonObject:
        link = row if isinstance(row, CampaignLink) else None
        name = "link.id" if link else "publisher.id" if isinstance(row, Publisher) else "campaign.id"
        return {
            "@id": address_of(self, besides=("campaignLink.id",) if link else (), **{name: row.pk}),
            "@type": StatisticsSerializer.Meta.type,
            "campaign": _named(link.campaign if link else row if isinstance(row, Campaign) else None),
            "publisher": _named(row if isinstance(row, Publisher) else None),
            "link": _named(link),
            **numbers(counted),
            **percentages(counted),
        }


def _named(row: Any) -> hydra.JsonObject | None:
    return {"id": row.pk, "name": row.name} if row else None
