"""The record of who has opened a lead unmasked (docs/roles.md)."""

from config.core import audit
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.models import User
from leads import privacy
from leads.models import Lead

ACTION = "lead viewed unmasked"
AUDITED = roles.FLAGS_LEADS
"""The roles of staff, who work on leads of others."""


def record_view(user: User, lead: Lead, *, actor: Actor) -> None:
    """Record that the user looks at the lead, if they are staff and see its values, and it was not recorded a short time ago."""
    if user.role in AUDITED and privacy.sees_values_of(user, lead):
        audit.record_view(actor=actor, action=ACTION, page="Leads", obj=lead, campaign_id=lead.campaign_id)
