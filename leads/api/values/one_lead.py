"""Collections of the values of one lead, which are short enough to be given whole on one page."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import hydra
from config.core.ids import LARGEST_ID
from leads.models import Lead
from leads.privacy import viewing
from leads.selectors import lead_with_values

REVISION, REFUSAL = "sluice:revision", "sluice:refusal"


class OfOneLeadFilterSet(hydra.HydraFilterSet):
    lead = hydra.IdFilter(name="lead.id", needed=True, repeatable=False, description="The lead that they are of.")


class OfOneLead(hydra.HydraViewSet):
    """The values of a lead. The collection has the revision of the lead; of a lead that the user does not see it is empty."""

    filterset_class = OfOneLeadFilterSet
    orders: ClassVar = {}

    @cached_property
    def lead(self) -> Lead | None:
        return lead_with_values(self.request.user, self.query.value("lead.id"))

    def records(self, lead: Lead) -> Iterator[hydra.JsonObject]:
        raise NotImplementedError

    def members_of(self, lead: Lead) -> dict[str, Any]:
        """Return further members of the collection."""
        return {REVISION: lead.revision}

    def list(self, request: Request) -> Response:
        lead = self.lead
        records: Sequence[hydra.JsonObject] = list(self.records(lead)) if lead else []
        self.query.size = max(self.query.size, len(records))
        response = self.page(hydra.CollectionPage(records if self.query.page == 1 and not self.query.after else [], len(records)))
        if lead:
            response.data |= self.members_of(lead)
            viewing.record_view(self.request.user, lead, actor=self.actor)
        return response

    def lead_seen(self, lead_id: int) -> Lead:
        lead = lead_with_values(self.request.user, lead_id) if lead_id <= LARGEST_ID else None
        if lead is None:
            raise Http404
        return lead
