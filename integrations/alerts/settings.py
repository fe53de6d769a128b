"""The settings of a campaign's alerts."""

from typing import Any

from django.db import transaction

from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from integrations.models import CampaignAlerts

PAGE = "Alerts"
FIELDS = ("no_lead_hours", "invalid_percent", "invalid_at_least")


def alerts_of(campaign: Campaign) -> CampaignAlerts:
    """Return the settings; the defaults, not stored, where there are none."""
    return CampaignAlerts.objects.filter(campaign=campaign).first() or CampaignAlerts(campaign=campaign)


@transaction.atomic
def save_alerts(campaign: Campaign, *, actor: Actor, **values: Any) -> CampaignAlerts:
    """Save the settings, and record what was changed."""
    CampaignAlerts.objects.bulk_create([CampaignAlerts(campaign=campaign)], ignore_conflicts=True)
    settings = CampaignAlerts.objects.select_for_update(no_key=True).get(campaign=campaign)
    before = {name: getattr(settings, name) for name in FIELDS}
    after = {name: values[name] for name in FIELDS}
    if after != before:
        for name, value in after.items():
            setattr(settings, name, value)
        settings.save()
        audit.record(actor=actor, page=PAGE, action="alerts changed", obj=campaign, campaign_id=campaign.pk, before=before, after=after)
    return settings
