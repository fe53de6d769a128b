"""The sheet of a lead over its list, by keyboard alone, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from config.core.accounts import roles
from leads import lifecycle
from leads.models import FlagReason, Lead
from tests.leads.acts import judge_all
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


def shows(page: Page, lead: Lead) -> None:
    """Expect the sheet to show this lead, with the focus within it."""
    expect(page.locator("#lead article.lead")).to_have_attribute("data-lead", str(lead.pk))
    expect(page).to_have_url(re.compile(rf"/v2/leads/{lead.pk}(/\w+)?\?list="))
    expect(page).to_have_title(re.compile(f"^Lead {lead.pk} "))


def has_focus_within_the_sheet(page: Page) -> bool:
    return page.evaluate("document.getElementById('lead-dialog').contains(document.activeElement)")


@pytest.fixture
def queue(campaign, make_leads) -> list[Lead]:
    """Thirty leads, the newest first: two pages of the list."""
    make_leads(campaign, 30, company="Acme")
    judge_all(campaign, "caution")
    for flag in ("valid", "invalid"):  # those of the installation, which tests that commit take away
        FlagReason.objects.get_or_create(flag=flag, name="First")
    return list(Lead.objects.order_by("-pk"))


def test_leads_are_read_one_after_the_other_and_the_list_stays_as_it_is(queue, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    address = "/v2/leads?current_status=caution&per_page=25"
    page.goto(address)
    page.evaluate("document.getElementById('list').dataset.same = 'yes'")
    press, list_ = page.keyboard.press, page.locator("#list")
    page.locator(f"#lead-row-{queue[23].pk}").focus()
    press("Enter")
    shows(page, queue[23])
    expect(page.locator("#lead-name")).to_be_focused()
    press("j")
    press("j")  # onto the second page of the list; the second does not wait for the first
    shows(page, queue[25])
    press("3")
    tab = page.locator(".lead-tab > .tabs a[aria-current]")
    expect(tab).to_have_attribute("id", "tab-job_details")
    press("k")
    shows(page, queue[24])
    expect(tab).to_have_attribute("id", "tab-job_details")
    expect(page).to_have_url(re.compile(rf"/v2/leads/{queue[24].pk}/job_details\?list="))
    for _ in range(40):
        press("Tab")
        assert has_focus_within_the_sheet(page) or page.evaluate("document.activeElement === document.body")
    press("?")
    keys = page.get_by_role("dialog", name="Keys of the lead")
    expect(keys).to_contain_text("Job Details")
    press("j")  # means nothing while the keys are shown
    press("Escape")
    expect(keys).to_be_hidden()
    shows(page, queue[24])
    press("Escape")
    expect(page.locator("#lead-dialog")).to_be_hidden()
    expect(page).to_have_url(re.compile(f"{re.escape(address)}$"))
    expect(page).to_have_title(re.compile("^Leads "))
    expect(page.locator(f"#lead-row-{queue[24].pk}")).to_be_focused()

    page.locator(f"#lead-row-{queue[0].pk} [data-opens]").click()
    shows(page, queue[0])
    page.go_back()
    expect(page.locator("#lead-dialog")).to_be_hidden()
    page.go_forward()
    shows(page, queue[0])
    page.get_by_role("link", name="Close, back to the list").click()
    expect(page.locator("#lead-dialog")).to_be_hidden()
    expect(page).to_have_url(re.compile(f"{re.escape(address)}$"))
    expect(list_).to_have_attribute("data-same", "yes")

    page.locator(f"#lead-row-{queue[1].pk} [data-opens]").click()
    shows(page, queue[1])
    page.reload()
    expect(page.locator("main .lead-page article.lead")).to_have_attribute("data-lead", str(queue[1].pk))
    press("j")
    expect(page.locator("main .lead-page article.lead")).to_have_attribute("data-lead", str(queue[2].pk))
    page.get_by_role("link", name="Close, back to the list").click()
    expect(page).to_have_url(re.compile(r"/v2/leads\?current_status=caution"))


def test_a_lead_is_flagged_where_it_is_read_and_the_list_follows(queue, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto("/v2/leads?per_page=25")
    press = page.keyboard.press
    page.locator(f"#lead-row-{queue[3].pk}").focus()
    press("Enter")
    shows(page, queue[3])
    press("f")
    expect(page.locator("#flag-title")).to_contain_text(queue[3].captured["lastName"])
    for key in ("v", "1", "Enter"):
        press(key)
    expect(page.locator("#flag")).to_be_hidden()
    expect(page.locator("#lead-result")).to_contain_text("is Valid: ")
    expect(page.locator("#lead-profile .facts")).to_contain_text("Valid")
    shows(page, queue[3])
    press("u")
    expect(page.locator("#lead-result")).to_contain_text("1 lead put back")
    expect(page.locator("#lead-profile .facts")).to_contain_text("Caution")
    press("f")
    for key in ("i", "1", "Enter"):
        expect(page.locator("#flag-form")).to_be_visible()
        press(key)
    expect(page.locator("#lead-result")).to_contain_text("is Invalid: ")
    press("Escape")
    expect(page.locator("#lead-dialog")).to_be_hidden()
    expect(page.locator(f"#lead-row-{queue[3].pk} td[data-label='Current Status']")).to_contain_text("Invalid")
    expect(page.locator(f"#lead-row-{queue[3].pk}")).to_be_focused()
    assert Lead.objects.get(pk=queue[3].pk).current_status == "invalid"


def test_a_lead_is_flagged_on_its_own_page_too(queue, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(f"/v2/leads/{queue[0].pk}")
    page.keyboard.press("f")
    expect(page.locator("#flag-title")).to_contain_text(queue[0].captured["lastName"])
    for key in ("v", "1", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#lead-result")).to_contain_text("is Valid: ")
    expect(page.locator("#lead-profile .facts")).to_contain_text("Valid")


def test_a_lead_that_is_gone_says_so_in_the_sheet_and_the_list_is_still_there(queue, bob, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto("/v2/leads?per_page=25")
    lifecycle.delete([queue[0].pk], actor=bob)
    page.locator(f"#lead-row-{queue[0].pk} [data-opens]").click()
    expect(page.locator("#lead-dialog .failure")).to_contain_text("This is no longer there.")
    expect(page.locator("#lead-dialog").get_by_role("button", name="Try again")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#lead-dialog")).to_be_hidden()
    expect(page.locator("#rows > tr")).to_have_count(25)


def test_the_way_through_the_list_needs_no_script(queue, sign_in_as):
    page = sign_in_as(roles.ADMIN, java_script_enabled=False)
    page.goto("/v2/leads?per_page=25")
    page.locator(f"#lead-row-{queue[0].pk} [data-opens]").click()
    page.locator("#tab-job_details").click()
    page.get_by_role("link", name="Next lead").click()
    expect(page).to_have_url(re.compile(rf"/v2/leads/{queue[1].pk}/job_details\?list="))
    page.get_by_role("link", name="Close, back to the list").click()
    expect(page).to_have_url(re.compile(r"/v2/leads\?per_page=25$"))


def test_the_sheet_in_both_sizes_and_themes(queue, bob, look_at):
    long = queue[0]
    lifecycle.edit(
        {long.pk: {"firstName": "Maximiliane-Wilhelmine " * 9, "company": "x" * 200, "city": "مدينة", "country": "DE"}}, actor=bob
    )
    Lead.objects.filter(pk=long.pk).update(enriched={"linkedin": "https://www.linkedin.com/in/max"}, transformed={"company": "Acme"})

    def open_lead(page: Page) -> None:
        page.locator(f"#lead-row-{long.pk} [data-opens]").click()
        expect(page.locator("#lead article.lead")).to_be_visible()

    look_at("lead-sheet", "/v2/leads", act=open_lead)
    look_at("lead-page", f"/v2/leads/{long.pk}?list=%2Fv2%2Fleads")


def test_all_tabs_fit_into_the_sheet_and_a_long_value_is_folded(queue, sign_in_as):
    Lead.objects.filter(pk=queue[0].pk).update(captured=queue[0].captured | {"remark": "W" * 2_000})
    page = sign_in_as(roles.ADMIN)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/v2/leads")
    page.locator(f"#lead-row-{queue[0].pk} [data-opens]").click()
    shows(page, queue[0])
    tabs = page.locator(".lead-tab > .tabs")
    assert tabs.evaluate("tabs => tabs.scrollWidth <= tabs.clientWidth")
    row = page.get_by_role("row").filter(has_text="remark")
    assert row.bounding_box()["height"] < 100
    row.locator("summary").click()
    assert row.bounding_box()["height"] > 100
