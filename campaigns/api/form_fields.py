"""The fields of a campaign's forms in API v4: campaign-data-fields."""

from django.db.models import QuerySet
from rest_framework import mixins, serializers

from campaigns.api.campaigns import NAMED, READS_CAMPAIGNS
from campaigns.models import FormField
from campaigns.selectors import fields_of_forms_for
from campaigns.submission import FIELD_TYPES
from config.core.api import hydra

_OPTIONS = {
    "type": "array",
    "description": "The choices of a drop-down or radio field.",
    "items": {"type": "object", "required": ["value", "label"], "properties": {"value": {"type": "string"}, "label": {"type": "string"}}},
}


class FormFieldFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter(name="campaign.id", needed=True, repeatable=False, description="The campaign whose forms have the fields.")
    form = hydra.IdFilter("form_id", name="form.id")


class FormFieldSerializer(hydra.HydraSerializer):
    """A field of a form, as publishers send it: `form[name]`."""

    class Meta:
        type = "CampaignDataField"
        address = "campaign-data-fields"

    id = hydra.IdField()
    form = hydra.JsonField(schema=NAMED, read_only=True, show=lambda field: {"id": field.form_id, "name": field.form.name})
    name = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)
    type = serializers.ChoiceField(FIELD_TYPES, read_only=True)
    required = serializers.BooleanField(read_only=True)
    enabled = serializers.BooleanField(read_only=True)
    maxLength = serializers.IntegerField(source="max_length", read_only=True)
    options = hydra.JsonField(
        schema=_OPTIONS,
        read_only=True,
        show=lambda field: [{"value": str(value), "label": str(label)} for value, label in field.options],
    )


class FormFieldViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The fields of the forms of a campaign. Fields that are switched off are shown to those who manage campaigns."""

    serializer_class = FormFieldSerializer
    filterset_class = FormFieldFilterSet
    roles = {"list": READS_CAMPAIGNS, "retrieve": READS_CAMPAIGNS}
    orders = {"id": "pk", "name": "name"}
    noun = ("field of a campaign's forms", "fields of a campaign's forms")

    def get_queryset(self) -> QuerySet[FormField]:
        asked = self.query.values["campaign.id"] if self.action == "list" else None
        return fields_of_forms_for(self.request.user, asked).select_related("form")
