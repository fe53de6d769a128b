"""The record of who has looked at the personal data of a lead, of pages and of the API alike."""

from config.core import audit
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.models import User
from leads import privacy
from leads.models import Lead

AUDITED = roles.FLAGS_LEADS
"""The roles of staff, who work on leads of others."""


def record(who: User, lead: Lead, *, actor: Actor) -> None:
    """Record that the user reads the lead, where that is staff and the lead unmasked: once for a person and lead in ten minutes."""
    if who.role in AUDITED and privacy.sees_values_of(who, lead):
        audit.record_view(actor=actor, action="lead viewed unmasked", page="Leads", obj=lead, campaign_id=lead.campaign_id)
