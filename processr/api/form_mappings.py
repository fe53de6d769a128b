"""Field names of a campaign's leads in API v4, which the settings and conditions of its jobs can refer to."""

from collections.abc import Iterator
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Campaign, FormField
from campaigns.selectors import campaigns_for
from config.core.accounts import roles
from config.core.api import hydra
from processr.api.access import ProcessrViewSet
from processr.models import ValueTransform


class FormMappingFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter(name="campaign.id", needed=True, repeatable=False)


class FormMappingSerializer(hydra.HydraSerializer):
    class Meta:
        type = "ProcessrFormMapping"
        address = "processr-form-mappings"

    id = serializers.CharField(read_only=True)
    source = serializers.ChoiceField(["form", "transform"], read_only=True)
    name = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)
    type = serializers.CharField(read_only=True)
    form = hydra.JsonField(schema={"type": ["object", "null"]}, read_only=True)


class FormMappingViewSet(ProcessrViewSet):
    """The names that settings of a campaign's jobs may use. A name that occurs in several forms is listed for each of them."""

    serializer_class = FormMappingSerializer
    filterset_class = FormMappingFilterSet
    orders = {}
    roles = {"list": roles.MANAGES_CAMPAIGNS}
    noun = ("field name", "field names")

    def list(self, request: Request) -> Response:
        campaign = campaigns_for(request.user).filter(pk=self.query.value("campaign.id")).first()
        names = list(_field_names(campaign)) if campaign else []
        return self.page_of_records(self.get_serializer(names, many=True).data)


def _field_names(campaign: Campaign) -> Iterator[dict[str, Any]]:
    """Yield the fields of forms, then those of transforms."""
    fields = FormField.objects.filter(form__campaign_forms__campaign=campaign, enabled=True).select_related("form")
    for field in fields.order_by("form_id", "position", "pk"):
        form = {"id": field.form.pk, "name": field.form.name}
        yield {"id": f"form-{field.pk}", "source": "form", "name": field.name, "label": field.label, "type": field.type, "form": form}
    if campaign.use_value_transforms:
        for transform in ValueTransform.objects.filter(campaign=campaign).order_by("position", "pk"):
            shared = {"source": "transform", "type": "text", "form": None}
            yield {"id": f"transform-{transform.pk}", "name": transform.new_field, "label": transform.label, **shared}
