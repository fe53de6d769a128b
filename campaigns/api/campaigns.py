"""Campaigns in API v4, with the terms that the caller's page of the campaign shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import mixins, serializers

from campaigns.models import Campaign, CampaignPublisher
from campaigns.overview import CampaignOverview
from campaigns.selectors import STATUSES, campaign_status, each_campaign_for, has_status
from config.core import enterprise
from config.core.accounts import roles
from config.core.api import hydra
from config.core.models import User

NAMED = {"type": "object", "required": ["id", "name"], "properties": {"id": hydra.ID, "name": {"type": "string"}}}
NAMED_OR_NULL = {**NAMED, "type": ["object", "null"]}
READS_CAMPAIGNS = roles.ALL - {roles.REPORT}
MONEY = {"type": ["string", "null"], "pattern": r"^-?[0-9]+\.[0-9]{2}$"}
RATE = {"type": "string", "pattern": r"^[0-9]+\.[0-9]{4}$"}
_NEVER = {"type": "boolean", "const": False, "description": "Always false: it is not done here."}
_NOTHING = {"type": "null", "description": "Always null: there is no such term here."}
_CURRENCY = {
    "type": "object",
    "required": ["name", "symbol", "base", "rateToBase"],
    "properties": {
        "name": {"type": "string", "description": "Its code, such as EUR."},
        "symbol": {"type": "string"},
        "base": {"type": "boolean", "description": "Whether it is the currency of the enterprise."},
        "rateToBase": {"type": "string", "pattern": r"^[0-9]+\.[0-9]{8}$"},
    },
}
NOT_DONE: Mapping[str, bool | None] = {
    "welcomeEmail": False,
    "doubleOptin": False,
    "scoreBaseRouting": False,
    "sendVoucher": False,
    "sendMediakit": False,
    "defaultSaleValue": None,
    "defaultSaleCurrency": None,
    "conversionRate": None,
    "publisherTerms": None,
    "unavailableCampaignRedirectUrl": None,
}
"""Properties that clients expect, of what is not done here: no campaign sends mail to leads, sells them, or sends a caller elsewhere."""
ADVERTISERS = frozenset({"advertiser"})
PRICE = frozenset({"contractValue", "baseCurrencyContractValue", "uncapped"})
CURRENCY = frozenset({"currency"})
MANAGED = frozenset(
    {
        "defaultThresholdScore", "integrate", "callCentre", "accountManager", "campaignManager", "defaultPublisherRate",
        "publisherPayoutType", "useValueTransforms", "testMode", "isTemplate",
    }
)  # fmt: skip
"""Properties that stand in the records of those who manage campaigns alone."""


class CampaignStatusFilter(hydra.ChoiceFilter):
    """The status of campaigns, which follows from their contract, pause, dates and allocation."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices={status: status for status in STATUSES}, **options)

    def filter(self, qs: QuerySet[Any], value: list[Any] | None) -> QuerySet[Any]:
        return qs.filter(has_status(value, timezone.now())) if value else qs


class PublishersCampaignFilterSet(hydra.HydraFilterSet):
    """The filters of a publisher, who is not told whose a campaign is."""

    id = hydra.IdFilter("pk", to="campaigns", description="The campaign.")
    campaign = hydra.IdFilter("pk", name="campaign.id", description="The same as `id`.")
    name = hydra.TextFilter("name", lookup="icontains", description="A part of the name, in any case.")
    status = CampaignStatusFilter(description="As it is now.")
    start = hydra.MomentFilter("start", name="startTs")
    end = hydra.MomentFilter("end", name="endTs")
    updated = hydra.MomentFilter("updated_at", name="updatedTs")


class CampaignFilterSet(PublishersCampaignFilterSet):
    advertiser = hydra.IdFilter("advertiser_id", name="advertiser.id", description="Not for publishers.")


class CampaignRecordSerializer(hydra.HydraSerializer):
    """A campaign. What one party pays is left out for the other, and so are the settings for all who do not manage campaigns."""

    class Meta:
        type = "Campaign"
        address = "campaigns"

    id = hydra.IdField()
    name = serializers.CharField(read_only=True)
    status = serializers.CharField(read_only=True, help_text="Setup Required, Inactive, Active, Ended or Paused.")
    startTs = hydra.MomentField(read_only=True)
    endTs = hydra.MomentField(read_only=True, allow_null=True)
    endTsExtension = serializers.IntegerField(read_only=True, help_text="Days after the end in which leads are still taken.")
    pauseTs = hydra.MomentField(read_only=True, allow_null=True)
    updatedTs = hydra.MomentField(read_only=True)
    country = serializers.CharField(read_only=True)
    campaignMarket = serializers.ChoiceField(["b2b", "b2c"], read_only=True)
    advertiser = hydra.JsonField(schema=NAMED, read_only=True)
    accountManager = hydra.JsonField(schema=NAMED_OR_NULL, read_only=True)
    campaignManager = hydra.JsonField(schema=NAMED_OR_NULL, read_only=True)
    contractValue = hydra.JsonField(schema=MONEY, read_only=True)
    baseCurrencyContractValue = hydra.JsonField(schema=MONEY, read_only=True)
    uncapped = hydra.JsonField(schema={"type": "boolean"}, read_only=True)
    currency = hydra.JsonField(schema=_CURRENCY, read_only=True)
    defaultPublisherRate = hydra.JsonField(schema=RATE, read_only=True)
    publisherPayoutType = hydra.JsonField(schema={"type": "string", "enum": ["CPL"]}, read_only=True)
    defaultThresholdScore = serializers.IntegerField(read_only=True, help_text="Percent of the score.")
    integrate = hydra.JsonField(
        schema={"type": "boolean", "description": "Whether leads are delivered: false while integrations are paused."}, read_only=True
    )
    callCentre = hydra.JsonField(schema={"type": "boolean"}, read_only=True)
    useValueTransforms = hydra.JsonField(schema={"type": "boolean"}, read_only=True)
    testMode = hydra.JsonField(schema={"type": "boolean"}, read_only=True)
    isTemplate = hydra.JsonField(schema={"type": "boolean"}, read_only=True)
    welcomeEmail = hydra.JsonField(schema=_NEVER, read_only=True)
    doubleOptin = hydra.JsonField(schema=_NEVER, read_only=True)
    scoreBaseRouting = hydra.JsonField(schema=_NEVER, read_only=True)
    sendVoucher = hydra.JsonField(schema=_NEVER, read_only=True)
    sendMediakit = hydra.JsonField(schema=_NEVER, read_only=True)
    defaultSaleValue = hydra.JsonField(schema=_NOTHING, read_only=True)
    defaultSaleCurrency = hydra.JsonField(schema=_NOTHING, read_only=True)
    conversionRate = hydra.JsonField(schema=_NOTHING, read_only=True)
    publisherTerms = hydra.JsonField(schema=_NOTHING, read_only=True)
    unavailableCampaignRedirectUrl = hydra.JsonField(schema=_NOTHING, read_only=True)

    def prepare(self, rows: Sequence[Campaign]) -> None:  # noqa: ARG002  (all rows have the same properties)
        self.hidden = hidden_from(self.context["request"].user)

    def record(self, row: Campaign) -> hydra.JsonObject:
        record = {**self.identity({"id": row.pk}), **_basics(row), **_money(row), **_settings(row)}
        return {name: value for name, value in record.items() if name not in self.hidden}


class CampaignViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The campaigns that the caller sees."""

    serializer_class = CampaignRecordSerializer
    filterset_class = CampaignFilterSet
    orders = {"id": "pk", "name": "name", "startTs": "start", "endTs": "end", "updatedTs": "updated_at"}
    roles = {"list": READS_CAMPAIGNS, "retrieve": READS_CAMPAIGNS}
    noun = ("campaign", "campaigns")

    @cached_property
    def query(self) -> hydra.CollectionQuery:
        """The query, without the filter that would tell a publisher whose a campaign is."""
        filters = PublishersCampaignFilterSet if self.request.user.role == roles.PUBLISHER else CampaignFilterSet
        return hydra.QueryReader(self.request).read(filters, self.orders)

    def get_queryset(self) -> QuerySet[Campaign]:
        campaigns = each_campaign_for(self.request.user)
        return campaigns.select_related("advertiser", "currency", "account_manager", "campaign_manager")


def hidden_from(who: User) -> frozenset[str]:
    """Return the properties that records do not have for the user: what the page of a campaign does not show either."""
    seen = CampaignOverview(Campaign(), who)
    hidden = MANAGED if not seen.may_manage else frozenset()
    hidden |= ADVERTISERS if not seen.shows_advertiser else frozenset()
    hidden |= PRICE if not seen.shows_price else frozenset()
    return hidden | (CURRENCY if not (seen.shows_price or seen.shows_payouts) else frozenset())


def _basics(campaign: Campaign) -> hydra.JsonObject:
    return {
        "id": campaign.pk,
        "name": campaign.name,
        "status": campaign_status(campaign),
        "startTs": _moment(campaign.start),
        "endTs": _moment(campaign.end),
        "endTsExtension": campaign.end_extension,
        "pauseTs": _moment(campaign.paused_at),
        "updatedTs": _moment(campaign.updated_at),
        "country": campaign.country,
        "campaignMarket": campaign.market,
        "advertiser": {"id": campaign.advertiser_id, "name": campaign.advertiser.name},
        "accountManager": _person(campaign.account_manager),
        "campaignManager": _person(campaign.campaign_manager),
        **NOT_DONE,
    }


def _money(campaign: Campaign) -> hydra.JsonObject:
    value, currency = campaign.contract_value, campaign.currency
    return {
        "contractValue": _amount(value),
        "baseCurrencyContractValue": _amount(value * currency.rate_to_base if value is not None else None),
        "uncapped": campaign.uncapped,
        "currency": {
            "name": currency.code,
            "symbol": currency.symbol,
            "base": currency.pk == enterprise.current().currency_id,
            "rateToBase": f"{currency.rate_to_base:.8f}",
        },
        "defaultPublisherRate": f"{campaign.default_publisher_payout:.4f}",
        "publisherPayoutType": CampaignPublisher.Type.CPL.label,
    }


def _settings(campaign: Campaign) -> hydra.JsonObject:
    return {
        "defaultThresholdScore": campaign.threshold,
        "integrate": not campaign.pause_integrations,
        "callCentre": campaign.call_centre,
        "useValueTransforms": campaign.use_value_transforms,
        "testMode": campaign.test_mode,
        "isTemplate": campaign.is_template,
    }


def _person(user: Any) -> hydra.JsonObject | None:
    return {"id": user.pk, "name": user.name or user.username} if user else None


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))
