"""Leads of a bulk action by their ids, as its pages list them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from campaigns.scope import Who
from config.core.lists import badges
from leads.models import Lead
from leads.selectors import leads_for

LISTED = 200
"""Leads that a page lists; the file has all of them."""


@dataclass(frozen=True)
class ActionLead:
    """A lead of an action: as it is now, or only its id where the user does not see it."""

    pk: int
    lead: Lead | None
    why: str
    current: SafeString | str
    delivery: SafeString | str


def rows_of(who: Who, lead_ids: Sequence[int], why: Mapping[int, str] | None = None) -> list[ActionLead]:
    """Return rows in the order of the ids, in one query."""
    leads = leads_for(who).filter(pk__in=lead_ids).select_related("campaign").in_bulk()
    rows = []
    for pk in lead_ids:
        lead = leads.get(pk)
        current = badges.badge(lead.current_status, lead.get_current_status_display()) if lead else "—"
        delivery = badges.badge(lead.delivery_status, lead.get_delivery_status_display()) if lead else "—"
        rows.append(ActionLead(pk, lead, (why or {}).get(pk, ""), current, delivery))
    return rows
