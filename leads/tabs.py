"""What an upper layer adds to the page of a lead: a section of its own, registered in `leads.points.lead_tabs`."""

from typing import Any, ClassVar

from campaigns.scope import Who
from leads.models import Lead


class LeadTab:
    """`template` is shown with what `context` returns, to the roles named; the sections follow each other by `order`."""

    key: ClassVar[str]
    label: ClassVar[str]
    order: ClassVar[int]
    roles: ClassVar[frozenset[str]]
    template: ClassVar[str]

    def context(self, who: Who, lead: Lead) -> dict[str, Any]:
        raise NotImplementedError
