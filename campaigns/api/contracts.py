"""The links of campaigns and the contracts of their publishers in API v4: campaign-links, campaign-publishers."""

from collections.abc import Sequence

from django.db.models import QuerySet
from rest_framework import mixins, serializers

from campaigns.api.campaigns import NAMED, RATE, READS_CAMPAIGNS
from campaigns.models import CampaignLink, CampaignPublisher
from campaigns.selectors import contracts_for, links_for
from config.core.accounts import roles
from config.core.api import hydra

TERMS = frozenset({"contractType", "payout", "cap"})
"""The terms of a publisher: for those who manage campaigns, and for the publisher itself."""
_LABELS = {str(label): value for value, label in CampaignPublisher.Type.choices}


class LinkFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter("campaign_id", name="campaign.id", description="The campaign that the link belongs to.")
    channel = hydra.TextFilter("channel", description="The whole name of the channel.")
    status = hydra.ChoiceFilter("status", choices={value: value for value in CampaignLink.Status.values})


class LinkSerializer(hydra.HydraSerializer):
    """A link of a campaign: the channel through which leads come."""

    class Meta:
        type = "CampaignLink"
        address = "campaign-links"

    id = hydra.IdField()
    campaign = hydra.ReferenceField("campaigns", read_only=True, shown_schema={"type": "string", "format": "iri-reference"})
    name = serializers.CharField(read_only=True)
    channel = serializers.CharField(read_only=True)
    destination = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(CampaignLink.Status.values, read_only=True)

    def record(self, row: CampaignLink) -> hydra.JsonObject:
        return {
            **self.identity({"id": row.pk}),
            "id": row.pk,
            "campaign": f"/api/v4/campaigns/{row.campaign_id}",
            "name": row.name,
            "channel": row.channel,
            "destination": row.destination,
            "status": row.status,
        }


class LinkViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The links of the campaigns that the caller sees."""

    serializer_class = LinkSerializer
    filterset_class = LinkFilterSet
    roles = {"list": READS_CAMPAIGNS, "retrieve": READS_CAMPAIGNS}
    noun = ("link of a campaign", "links of campaigns")

    def get_queryset(self) -> QuerySet[CampaignLink]:
        return links_for(self.request.user)


class ContractFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter("campaign_id", name="campaign.id", description="The campaign of the contract.")
    publisher = hydra.IdFilter("publisher_id", name="publisher.id", description="The publisher of the contract.")
    enabled = hydra.BooleanFilter("enabled")


class ContractSerializer(hydra.HydraSerializer):
    """The contract of a publisher on a campaign. Its terms are left out for all but the publisher and those who manage campaigns."""

    class Meta:
        type = "CampaignPublisher"
        address = "campaign-publishers"

    id = hydra.IdField()
    campaign = hydra.ReferenceField("campaigns", read_only=True, shown_schema={"type": "string", "format": "iri-reference"})
    publisher = hydra.JsonField(schema=NAMED, read_only=True)
    contractType = hydra.JsonField(schema={"type": "string", "enum": list(_LABELS)}, read_only=True)
    payout = hydra.JsonField(
        schema={**RATE, "description": "For a lead, in the campaign's currency; of a fixed contract its value."}, read_only=True
    )
    cap = hydra.JsonField(schema={"type": ["integer", "null"]}, read_only=True)
    enabled = serializers.BooleanField(read_only=True)
    signedTs = hydra.MomentField(read_only=True, allow_null=True)

    def prepare(self, rows: Sequence[CampaignPublisher]) -> None:  # noqa: ARG002  (all rows have the same properties)
        role = self.context["request"].user.role
        self.hidden = frozenset() if role in roles.MANAGES_CAMPAIGNS or role == roles.PUBLISHER else TERMS

    def record(self, row: CampaignPublisher) -> hydra.JsonObject:
        is_fixed = row.type == CampaignPublisher.Type.FIXED
        record = {
            **self.identity({"id": row.pk}),
            "id": row.pk,
            "campaign": f"/api/v4/campaigns/{row.campaign_id}",
            "publisher": {"id": row.publisher_id, "name": row.publisher.name},
            "contractType": CampaignPublisher.Type(row.type).label,
            "payout": f"{(row.contract_value or 0) if is_fixed else row.payout:.4f}",
            "cap": row.cap,
            "enabled": row.enabled,
            "signedTs": row.signed_at.isoformat(timespec="seconds") if row.signed_at else None,
        }
        return {name: value for name, value in record.items() if name not in self.hidden}


class ContractViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The contracts on the campaigns that the caller sees; for a publisher, its own."""

    serializer_class = ContractSerializer
    filterset_class = ContractFilterSet
    roles = {"list": READS_CAMPAIGNS, "retrieve": READS_CAMPAIGNS}
    noun = ("contract of a publisher", "contracts of publishers")

    def get_queryset(self) -> QuerySet[CampaignPublisher]:
        return contracts_for(self.request.user).select_related("publisher")
