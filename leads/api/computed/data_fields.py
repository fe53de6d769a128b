"""The fields of leads in API v4: lead-data-fields."""

from collections.abc import Iterator

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.selectors import campaigns_for, form_fields_for
from config.core.accounts import roles
from config.core.api import hydra
from leads.api.computed.filters import address_of
from leads.columns import FIELD_SOURCES, made_columns

CAPTURED = "captured"


class DataFieldFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter(name="campaign.id", repeatable=False, description="The campaign of the leads.")
    name = hydra.TextFilter(description="The whole name.")
    source = hydra.ChoiceFilter(choices={source: source for source in FIELD_SOURCES})


class DataFieldSerializer(hydra.HydraSerializer):
    """A field of leads: captured by a form, or filled in by a value transform or an enrichment job."""

    class Meta:
        type = "LeadDataField"
        address = "lead-data-fields"

    id = serializers.CharField(read_only=True, help_text="<source>.<name>, as in the ids of lead-datas.")
    name = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)
    source = serializers.ChoiceField(list(FIELD_SOURCES), read_only=True)


class DataFieldViewSet(hydra.HydraViewSet):
    """The fields that leads of the caller's campaigns may have, or those of one campaign: at most 200 of each source."""

    serializer_class = DataFieldSerializer
    filterset_class = DataFieldFilterSet
    roles = {"list": roles.SEES_LEADS}
    orders = {}
    noun = ("field of leads", "fields of leads")

    def list(self, request: Request) -> Response:  # noqa: ARG002  (the query is read by the viewset)
        return self.page_of_records([*self._fields()])

    def _fields(self) -> Iterator[hydra.JsonObject]:
        who, campaign = self.request.user, None
        if (asked := self.query.value("campaign.id")) is not None:
            campaign = campaigns_for(who).filter(pk=asked).first()
            if campaign is None:
                return
        captured = [(CAPTURED, name, label) for name, label in form_fields_for(who, campaign)]
        made = [(column.key.partition(":")[0], column.field, column.label) for column in made_columns(who, campaign)]
        for source, name, label in [*captured, *made]:
            if source in self.query.values.get("source", [source]) and name in self.query.values.get("name", [name]):
                address = address_of(self, source=source, name=name)
                yield {"@id": address, "@type": "LeadDataField", "id": f"{source}.{name}", "name": name, "label": label, "source": source}
