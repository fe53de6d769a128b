"""The Deliveries tab of a lead's page: every round of every integration, and the messages of outbound events."""

from typing import Any

from django.http import QueryDict

from campaigns.scope import Who
from integrations.outbound_events.selectors import messages_of_lead
from integrations.selectors import deliveries_for
from integrations.views import display
from integrations.views.event_messages import message_badge, next_try
from leads import privacy
from leads.extension_points import LeadTab, lead_tabs
from leads.models import Lead
from leads.selectors import delivered_by_hand

SHOWN_AT_MOST = 100


@lead_tabs.register
class DeliveriesTab(LeadTab):
    key = "deliveries"
    template = "integrations/_lead_deliveries.html"

    def context(self, who: Who, lead: Lead, query: QueryDict) -> dict[str, Any]:  # noqa: ARG002  (the tab has nothing to ask)
        deliveries = deliveries_for(who).filter(lead=lead.pk).select_related("job__destination").order_by("-pk")[: SHOWN_AT_MOST + 1]
        rows = [
            {
                "delivery": delivery,
                "integration": display.integration_name(delivery),
                "state": display.state_badge(delivery),
                "next_try": display.next_try(delivery),
            }
            for delivery in deliveries
        ]
        messages = [
            {"message": message, "event": message.destination.event, "state": message_badge(message), "next_try": next_try(message)}
            for message in messages_of_lead(who, lead.pk)[: SHOWN_AT_MOST + 1]
        ]
        return {
            "messages": messages[:SHOWN_AT_MOST],
            "more_messages": SHOWN_AT_MOST if len(messages) > SHOWN_AT_MOST else 0,
            "marked": None if rows else _marked(who, lead),
            "deliveries": rows[:SHOWN_AT_MOST],
            "more": SHOWN_AT_MOST if len(rows) > SHOWN_AT_MOST else 0,
            "sees_event_ids": privacy.sees_capabilities(who),
        }


def _marked(who: Who, lead: Lead) -> dict[str, Any] | None:
    """Return when a person has marked the lead as delivered, and who it was as the user may see them."""
    note = delivered_by_hand(lead)
    return {"by": privacy.person_for(who, note.actor_name), "at": note.at} if note else None
