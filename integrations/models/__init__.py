"""The outbox: deliveries of leads, messages, the destinations they go to, and the outbound events of campaigns."""

from integrations.models.alert import CampaignAlerts, ToldAlert
from integrations.models.delivery import UNTIL_RELEASED, Delivery, DeliveryAction, new_event_id
from integrations.models.destination import Destination, SentCount
from integrations.models.message import Message
from integrations.models.outbound_event import OutboundEvent

__all__ = [
    "UNTIL_RELEASED",
    "CampaignAlerts",
    "Delivery",
    "DeliveryAction",
    "Destination",
    "Message",
    "OutboundEvent",
    "SentCount",
    "ToldAlert",
    "new_event_id",
]
