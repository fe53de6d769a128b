"""The fields of a lead that can be edited, in API v4: lead-editable-fields."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from rest_framework import serializers

from campaigns.submission import FIELD_TYPES
from config.core.api import hydra
from leads.api.values.one_lead import REFUSAL, OfOneLead
from leads.editing import service
from leads.editing.fields import fields_of
from leads.models import Lead
from leads.privacy.tabs import TABS

_OPTIONS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["value", "label"],
        "properties": {"value": {"type": "string"}, "label": {"type": "string"}},
    },
    "description": "What may be chosen; empty for fields that take any text of their type.",
}


class EditableFieldSerializer(hydra.HydraSerializer):
    """A field of a lead that can be edited: of the lead's form, or captured under another name."""

    class Meta:
        type = "LeadEditableField"
        address = "lead-editable-fields"

    name = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)
    type = serializers.ChoiceField(FIELD_TYPES, read_only=True)
    required = serializers.BooleanField(read_only=True)
    options = hydra.JsonField(schema=_OPTIONS, read_only=True)
    value = serializers.CharField(read_only=True, allow_null=True, help_text="The captured value; null where there is none.")

    def identity(self, record: Any) -> hydra.JsonObject:
        return {"@type": self.Meta.type}


class EditableFieldViewSet(OfOneLead):
    """The fields of a lead that can be edited by POST to lead-datas, with their captured values, all on one page.

    `sluice:revision` is that of the lead; `sluice:refusal` says why the lead cannot be edited as it stands, and is null where it can.
    """

    serializer_class = EditableFieldSerializer
    roles = {"list": TABS["edit_data"].roles}
    noun = ("field of a lead", "fields of a lead that can be edited")

    def records(self, lead: Lead) -> Iterator[hydra.JsonObject]:
        for field in fields_of(lead):
            yield {
                "@id": f"/api/v4/lead-editable-fields/{lead.pk}.{quote(field.name, safe='')}",
                "@type": EditableFieldSerializer.Meta.type,
                "name": field.name,
                "label": field.label,
                "type": field.type,
                "required": field.required,
                "options": [{"value": value, "label": label} for value, label in field.options],
                "value": field.value,
            }

    def members_of(self, lead: Lead) -> dict[str, Any]:
        refusal = service.refusal_to_edit(lead)
        return {**super().members_of(lead), REFUSAL: service.in_words(refusal) if refusal else None}
