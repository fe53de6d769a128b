"""The integrations of the demo data.

None of them calls anything: one is disabled, one collects for a file, one has an address that is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.models import Campaign
from config.core.actor import SYSTEM
from integrations.kinds.collect import CollectForFile
from integrations.kinds.http_post import HttpPost
from processr.services import add_job

FIELDS_SENT = [
    {"name": "email", "field": "email"},
    {"name": "name.first", "field": "firstName"},
    {"name": "name.last", "field": "lastName"},
    {"name": "company", "field": "company"},
    {"name": "reference", "field": "eventId"},
]
REFUSED_URL = "http://127.0.0.1:9/leads"
"""An address of the machine itself: calls to it are refused before anything is sent, so its deliveries need a person."""
INTEGRATIONS: Mapping[str, Sequence[tuple[str, str, dict[str, Any], dict[str, Any]]]] = {
    "Zero-downtime white paper": (
        (HttpPost.key, "Harbour Cloud CRM", {"url": "https://crm.harbour-cloud.example/leads"}, {"enabled": False}),
        (HttpPost.key, "Edinburgh desk", {"url": REFUSED_URL}, {"routing_values": [{"field": "postcode", "values": ["EH3 9DR"]}]}),
    ),
    "Payroll demo requests": ((CollectForFile.key, "Weekly file", {"note": "For Lumen's sales team, on Mondays."}, {}),),
}
"""By campaign: type, label, settings, and further properties of the job."""


def add_integrations(world: dict[str, Any]) -> None:
    """Add the integrations before the leads arrive, so that Valid leads are routed to them."""
    for entry in world["campaigns"]:
        campaign = Campaign.objects.get(pk=entry["id"])
        for key, label, settings, properties in INTEGRATIONS.get(entry["name"], ()):
            config = {**settings, "fields_sent": FIELDS_SENT} if key == HttpPost.key else settings
            job = add_job(campaign, key, actor=SYSTEM, label=label, config=config, **properties)
            entry["jobs"].append({"id": job.pk, "type": job.type, "label": job.label, "category": job.category})
