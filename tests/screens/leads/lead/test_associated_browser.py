"""The Associated Campaigns tab in a real browser: another campaign's days without a reload, and its look in both sizes and themes."""

import pytest
from playwright.sync_api import Page, expect

from config.core.accounts import roles
from leads import lifecycle
from leads.models import Lead
from tests.leads.acts import judge_all
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
ADDRESS = "jo@example.com"
LONG = "A campaign of a name that nobody would ever print on a card " * 3


@pytest.fixture
def jo(campaign, make_campaign, make_leads, bob) -> Lead:
    """A lead with others of the same person: of the same campaign, of one with a long name, and of a third."""
    (lead,) = make_leads(campaign, email=ADDRESS)
    make_leads(campaign, email=ADDRESS)
    for name in (LONG[:160], "خريف"):
        other = make_campaign(name)
        found = make_leads(other, 2, email=ADDRESS)
        Lead.objects.filter(pk=found[0].pk).update(link=other.links.get())
        judge_all(other)
        lifecycle.mark_delivered([found[0].pk], actor=bob)
        lifecycle.flag([found[1].pk], "invalid", actor=bob, reason="Duplicate")
    return lead


def test_the_days_of_another_campaign_are_shown_by_keyboard_without_a_reload(jo, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(f"/v2/leads/{jo.pk}/associated_campaigns")
    page.evaluate("window.same = true")
    caption = page.locator(".daily-chart figcaption")
    expect(caption).to_contain_text("Leads of Spring by day")
    page.get_by_role("link", name="Show by day: خريف").press("Enter")
    expect(caption).to_contain_text("Leads of خريف by day")
    expect(page.get_by_role("link", name="Shown by day: خريف")).to_be_focused()
    page.locator(".chart-table summary").press("Enter")
    expect(page.get_by_role("columnheader", name="Day", exact=True)).to_be_visible()
    assert page.evaluate("window.same"), "the page was loaded anew"


def open_table(page: Page) -> None:
    """Open the table of the chart where it is: a click would scroll rows under the bar at the top, which axe then measures."""
    page.locator(".chart-table").evaluate("table => { table.open = true }")


def test_how_the_tab_looks(jo, make_leads, look_at):
    (alone,) = make_leads(jo.campaign, email="")
    look_at("lead-associated", f"/v2/leads/{jo.pk}/associated_campaigns", act=open_table)
    look_at("lead-associated-none", f"/v2/leads/{alone.pk}/associated_campaigns")
