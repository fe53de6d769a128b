"""The outbox: deliveries of leads, messages, the destinations they go to, the outbound events of campaigns, and feedback."""

from integrations.models.alert import CampaignAlerts, ToldAlert
from integrations.models.delivery import UNTIL_RELEASED, Delivery, DeliveryAction, new_event_id
from integrations.models.destination import Destination, SentCount
from integrations.models.feedback import Feedback, FeedbackPolicy
from integrations.models.message import Message
from integrations.models.outbound_event import OutboundEvent

__all__ = [
    "UNTIL_RELEASED",
    "CampaignAlerts",
    "Delivery",
    "DeliveryAction",
    "Destination",
    "Feedback",
    "FeedbackPolicy",
    "Message",
    "OutboundEvent",
    "SentCount",
    "ToldAlert",
    "new_event_id",
]
