"""The demo world. `docs/leads.png` in the README is `demo-leads-1440-light.png` of this test, run with SLUICE_SCREENSHOTS=var/screenshots."""

import pytest

from config.core import demo
from config.core.models import User
from leads.models import Lead
from tests.fixtures import browser as fixtures_browser
from tests.module_cast import ANEW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


@pytest.fixture
def world(settings, tmp_path, monkeypatch):
    settings.STATE_DIR = tmp_path
    monkeypatch.setenv("SLUICE_DEMO", "1")
    return demo.make()


def test_the_demo_world_has_leads_of_every_status_and_is_pleasant_to_look_at(world, look_at, tmp_path, monkeypatch):
    monkeypatch.setattr(fixtures_browser, "SHOTS", shots := fixtures_browser.SHOTS or tmp_path)
    ada = User.objects.get(username="ada")
    assert set(Lead.objects.values_list("current_status", flat=True)) == {"pending", "valid", "caution", "invalid", "test"}
    assert {campaign["status"] for campaign in world["campaigns"]} == {"Active", "Paused", "Ended", "Setup Required"}
    look_at("demo-leads", f"/v2/leads?campaign={world['campaigns'][0]['id']}", ada)
    look_at("demo-campaigns", "/v2/campaigns", ada)
    sizes_and_themes = {"1440-light", "1440-dark", "390-light", "390-dark"}
    assert {path.stem for path in shots.glob("demo-leads-*.png")} == {f"demo-leads-{which}" for which in sizes_and_themes}
