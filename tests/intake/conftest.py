"""Senders of leads to a campaign."""

import pytest

from campaigns import services
from tests.intake.sender import Sender
from tests.module_cast import ONCE

db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE

EVERY_KIND = [
    {"name": "firstName", "label": "First name", "required": True, "max_length": 40},
    {"name": "email", "label": "E-mail", "type": "email", "required": True},
    {"name": "telephone", "label": "Telephone", "type": "telephone"},
    {"name": "employees", "label": "Employees", "type": "number"},
    {"name": "dob", "label": "Date of birth", "type": "date"},
    {"name": "sector", "label": "Sector", "type": "dropdown", "options": [["it", "IT"], ["hr", "Personnel"]]},
    {"name": "title", "label": "Title", "type": "radio", "options": [["ms", "Ms"], ["mr", "Mr"]]},
    {"name": "newsletter", "label": "Newsletter", "type": "checkbox"},
    {"name": "terms", "label": "I agree", "type": "optin"},
    {"name": "source", "label": "Source", "type": "hidden"},
    {"name": "notes", "label": "Notes", "type": "textarea"},
    {"name": "old", "label": "Not asked any more", "enabled": False, "required": True},
]


@pytest.fixture
def sender(campaign) -> Sender:
    return Sender(campaign)


@pytest.fixture
def rich_sender(campaign, bob) -> Sender:
    """Its form has a field of every kind."""
    form = services.create_form("Every kind", fields=EVERY_KIND, actor=bob)
    services.add_form(campaign, form, actor=bob)
    campaign.campaign_forms.exclude(form=form).delete()
    return Sender(campaign)
