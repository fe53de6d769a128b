"""The page of a campaign's alerts."""

import re

import pytest

from config.core.accounts import roles
from config.core.models import AuditEntry
from integrations.models import CampaignAlerts

pytestmark = pytest.mark.django_db
TYPED = {"no_lead_hours": "6", "invalid_percent": "30", "invalid_at_least": "20"}


@pytest.fixture
def page(campaign) -> str:
    return f"/v2/campaigns/{campaign.pk}/alerts"


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_defaults_are_shown_and_not_stored(reader, page):
    html = reader().client.get(page).content.decode()
    assert html.count('value="50"') == 2
    assert not CampaignAlerts.objects.exists()


@pytest.mark.parametrize("role", sorted(roles.MANAGES_CAMPAIGNS))
def test_what_is_saved_is_shown_again_and_recorded_once(reader, page, role):
    client = reader(role).client
    for _ in range(2):
        assert "The alerts are saved." in words(client.post(page, TYPED, follow=True))
    row = CampaignAlerts.objects.get()
    assert (row.no_lead_hours, row.invalid_percent, row.invalid_at_least) == (6, 30, 20)
    (entry,) = AuditEntry.objects.filter(action="alerts changed")
    assert (entry.before["no_lead_hours"], entry.after["no_lead_hours"]) == (None, 6)
    assert 'value="30"' in client.get(page).content.decode()


def test_an_alert_is_switched_off_by_emptying_its_field(reader, page):
    reader().client.post(page, TYPED | {"no_lead_hours": "", "invalid_percent": ""})
    row = CampaignAlerts.objects.get()
    assert (row.no_lead_hours, row.invalid_percent) == (None, None)


@pytest.mark.parametrize(
    "typed",
    [
        {"no_lead_hours": "0"}, {"no_lead_hours": "721"}, {"invalid_percent": "100"}, {"invalid_percent": "a"}, {"invalid_at_least": ""},
        {"invalid_at_least": "9" * 400}, {"no_lead_hours": "\x00"},
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(reader, page, typed):
    assert reader().client.post(page, TYPED | typed).status_code == 422
    assert not CampaignAlerts.objects.exists()


def test_an_agency_changes_no_template(reader, page, campaign):
    type(campaign).objects.update(is_template=True)
    client = reader(roles.AGENCY).client
    assert "Save the alerts" not in words(client.get(page))
    assert client.post(page, TYPED).status_code == 403


def test_the_campaign_leads_there(reader, page, campaign):
    assert f'href="{page}"' in reader().client.get(f"/v2/campaigns/{campaign.pk}").content.decode()
