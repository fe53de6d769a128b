"""Advertisers and publishers in API v4."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, serializers

from campaigns.api.campaigns import READS_CAMPAIGNS
from campaigns.models import Advertiser, Publisher
from campaigns.selectors import advertisers_for, contracts_for, each_campaign_for, each_publisher_for
from config.core.accounts import roles
from config.core.api import hydra


class PartyFilterSet(hydra.HydraFilterSet):
    name = hydra.TextFilter("name", lookup="icontains", description="A part of the name, in any case.")
    campaign = hydra.IdFilter(name="campaign.id", description="A campaign that the party is on.")


class AdvertiserFilterSet(PartyFilterSet):
    id = hydra.IdFilter("pk", to="advertisers")


class PublisherFilterSet(PartyFilterSet):
    id = hydra.IdFilter("pk", to="publishers")


class AdvertiserSerializer(hydra.HydraSerializer):
    """An advertiser, who buys leads."""

    class Meta:
        type = "Advertiser"
        address = "advertisers"

    id = hydra.IdField()
    name = serializers.CharField(read_only=True)
    country = serializers.CharField(read_only=True)


class PublisherSerializer(hydra.HydraSerializer):
    """A publisher, who brings leads."""

    class Meta:
        type = "Publisher"
        address = "publishers"

    id = hydra.IdField()
    name = serializers.CharField(read_only=True)
    country = serializers.CharField(read_only=True)


class _PartyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    orders = {"id": "pk", "name": "name"}

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        parties: QuerySet[Any] = super().filter_queryset(queryset)
        asked = self.query.values.get("campaign.id")
        return parties if asked is None else parties.filter(pk__in=self.on_campaigns(asked))

    def on_campaigns(self, campaign_ids: list[int]) -> QuerySet[Any]:
        """Return the ids of the parties on those of the campaigns that the caller sees."""
        raise NotImplementedError


class AdvertiserViewSet(_PartyViewSet):
    """The advertisers that the caller sees."""

    serializer_class = AdvertiserSerializer
    filterset_class = AdvertiserFilterSet
    roles = dict.fromkeys(("list", "retrieve"), READS_CAMPAIGNS - {roles.PUBLISHER})
    noun = ("advertiser", "advertisers")

    def get_queryset(self) -> QuerySet[Advertiser]:
        return advertisers_for(self.request.user)

    def on_campaigns(self, campaign_ids: list[int]) -> QuerySet[Any]:
        return each_campaign_for(self.request.user).filter(pk__in=campaign_ids).order_by().values("advertiser")


class PublisherViewSet(_PartyViewSet):
    """The publishers that the caller sees: on the caller's campaigns, and for a publisher itself."""

    serializer_class = PublisherSerializer
    filterset_class = PublisherFilterSet
    roles = dict.fromkeys(("list", "retrieve"), READS_CAMPAIGNS)
    noun = ("publisher", "publishers")

    def get_queryset(self) -> QuerySet[Publisher]:
        return each_publisher_for(self.request.user)

    def on_campaigns(self, campaign_ids: list[int]) -> QuerySet[Any]:
        return contracts_for(self.request.user).filter(campaign__in=campaign_ids).values("publisher")
