"""Alerts to destinations that do not answer: once when one begins to rest, and once when it answers again."""

from django.urls import reverse

from campaigns.models import Campaign
from integrations.alerts.telling import DESTINATION, Alert, tell, tell_of_end
from integrations.models import Destination


def destination_rests(destination: Destination) -> None:
    """Alert to a destination that rests, in the transaction in which it does. Further rests of the same episode are not told."""
    what = "what waits for it is kept, and sent when it answers again"
    tell(_alert(destination, f"{{label}} of {{campaign}} does not answer: {what}."))


def destination_answers(destination: Destination) -> None:
    """Tell those who were alerted that it answers again, and end the episode."""
    tell_of_end(_alert(destination, "{label} of {campaign} answers again: what waits for it is being sent."))


def _alert(destination: Destination, text: str) -> Alert:
    owner = destination.owner
    campaign: Campaign = owner.campaign
    name = "integration_sending" if destination.job_id else "event_sending"
    text = text.format(label=owner.label, campaign=campaign.name)
    return Alert(DESTINATION, str(destination.pk), campaign, text, reverse(name, args=[campaign.pk, owner.pk]))
