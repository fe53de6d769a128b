"""Field names of a campaign's leads in API v4, which the settings and conditions of its jobs can refer to."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse

from campaigns.models import Campaign, FormField
from campaigns.selectors import campaigns_for
from config.core.accounts import roles
from config.core.api import hydra
from config.core.api.hydra.filters import ID, read_id
from processr.api.campaigns import allowed
from processr.api.records import Record
from processr.models import ValueTransform

MAPPINGS = hydra.Collection(
    "processr-form-mappings",
    "ProcessrFormMapping",
    filters={"campaign.id": hydra.Filter(read_id, schema=ID)},
    orders={},
    required=("campaign.id",),
)


@allowed(roles.MANAGES_CAMPAIGNS)
def form_mappings_list(request: HttpRequest) -> HttpResponse:
    query = MAPPINGS.read_query(request)
    campaign = campaigns_for(hydra.caller(request)).filter(pk=query.values["campaign.id"]).first()
    return MAPPINGS.whole(request, list(_fields(campaign)) if campaign else [], query=query)


def _fields(campaign: Campaign) -> Iterator[Record]:
    """Yield the fields of forms and transforms. A name that occurs in several forms is returned once for each of them."""
    fields = FormField.objects.filter(form__campaign_forms__campaign=campaign, enabled=True).select_related("form")
    for field in fields.order_by("form_id", "position", "pk"):
        form = {"id": field.form.pk, "name": field.form.name}
        yield {"id": f"form-{field.pk}", "source": "form", "name": field.name, "label": field.label, "type": field.type, "form": form}
    transforms = ValueTransform.objects.filter(campaign=campaign) if campaign.use_value_transforms else ValueTransform.objects.none()
    for transform in transforms.order_by("position", "pk"):
        record = {"source": "transform", "name": transform.new_field, "label": transform.label, "type": "text", "form": None}
        yield {"id": f"transform-{transform.pk}", **record}
