"""The record of who has read the exact exchanges about a lead, which hold its values unmasked."""

from datetime import timedelta

from django.utils import timezone

from config.core import audit
from config.core.actor import Actor
from config.core.models import AuditEntry
from leads.models import Lead

ACTION = "provider logs read"
RECORDED_AGAIN_AFTER = timedelta(minutes=15)


def record_reading(actor: Actor, lead: Lead) -> None:
    """Record that the actor reads the exchanges about the lead, unless that was recorded a short time ago."""
    since = timezone.now() - RECORDED_AGAIN_AFTER
    of_lead = AuditEntry.objects.filter(object_type=lead._meta.label_lower, object_id=str(lead.pk))
    if not of_lead.filter(action=ACTION, actor=actor.user_id, at__gt=since).exists():
        audit.record(actor=actor, action=ACTION, page="Leads", obj=lead, campaign_id=lead.campaign_id, severity="medium")
