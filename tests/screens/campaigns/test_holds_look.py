"""The page of a campaign's holds of delivery, as they are and refused, in each size and theme."""

import pytest

from campaigns.models import Campaign
from tests.module_cast import ANEW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


def test_the_holds_are_pleasant_to_look_at(campaign, look_at):
    Campaign.objects.filter(pk=campaign.pk).update(process_delay=120)
    address = f"/v2/campaigns/{campaign.pk}/holds"

    def refused(page) -> None:
        page.get_by_label("Leads wait for").fill("721")
        page.get_by_role("button", name="Save the holds").click()
        assert "At most 30 days" in page.inner_text("main")

    look_at("campaign-holds", address)
    look_at("campaign-holds-refused", address, act=refused)
