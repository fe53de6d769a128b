"""`is-lead-delivered` in API v4: which of many leads are delivered."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.accounts import roles
from config.core.api import hydra
from config.core.ids import in_portions
from leads.api import lead_ids
from leads.api.bulk_bodies import LeadsBody
from leads.lifecycle import CHUNK
from leads.selectors import leads_for
from leads.statuses import DeliveryStatus

AT_MOST = 100_000


class DeliveredLeadsBody(LeadsBody):
    """The leads to ask about."""

    class Meta:
        type = "LeadsDelivered"
        address = ""

    leads = hydra.JsonField(schema=lead_ids.schema(AT_MOST))


class IsDeliveredViewSet(hydra.HydraViewSet):
    serializer_class = DeliveredLeadsBody
    roles = {"create": roles.FLAGS_LEADS}
    repeatable = ("create",)
    examples = {"create": {"leads": [1, 2]}}
    max_body = lead_ids.LARGEST_BODY
    max_values = lead_ids.MOST_VALUES

    @extend_schema(
        request=DeliveredLeadsBody,
        responses={200: {"type": "object", "additionalProperties": {"type": "boolean"}, "example": {"1": True, "2": False}}},
    )
    def create(self, request: Request) -> Response:
        """Tell which leads are delivered.

        The answer is by id, and by hash for leads that are named so. It leaves out leads that the holder of the token does not see.
        """
        user = self.request.user
        leads = lead_ids.take_leads(self.request, self.validated()["leads"], at_most=AT_MOST)
        delivered: dict[int, bool] = {}
        for ids in in_portions(sorted(leads.all_ids), CHUNK):
            rows = leads_for(user).filter(pk__in=ids).order_by("pk").values_list("pk", "delivery_status")
            delivered |= {pk: status == DeliveryStatus.DELIVERED for pk, status in rows}
        answer = {str(pk): delivered[pk] for pk in leads.ids if pk in delivered}
        answer |= {lead_hash: delivered[pk] for lead_hash, pk in leads.hashes.items() if pk in delivered}
        return Response(answer)
