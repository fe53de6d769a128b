"""The Caution queue walked by keyboard alone, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from config.core.accounts import roles
from leads import lifecycle
from leads.models import BulkAction, FlagReason, Lead
from tests.fixtures.browser import PHONE
from tests.leads.acts import judge_all
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


def focused_lead(page: Page) -> str:
    return page.evaluate("document.activeElement.closest('tr')?.dataset.lead")


def title(page: Page, lead: Lead):
    return expect(page.locator("#flag-title")).to_have_text(f"{lead.captured['firstName']} {lead.captured['lastName']}")


@pytest.mark.usefixtures("flag_reasons")
def test_a_card_on_a_phone_leads_to_its_lead_and_flags_it(campaign, make_leads, sign_in_as):
    without, named = make_leads(campaign, company="")[0], make_leads(campaign, company="Acme")[0]
    judge_all(campaign, "caution")
    page = sign_in_as(roles.ADMIN, viewport=PHONE, has_touch=True)
    page.goto("/v2/leads")
    cards = {lead: page.locator(f"#lead-row-{lead.pk}") for lead in (without, named)}
    expect(cards[named].locator('td[data-label="Company"]')).to_be_visible()
    expect(cards[without].locator('td[data-label="Company"]')).to_be_hidden()
    tops = [cards[without].locator(f'td[data-label="{label}"]').bounding_box()["y"] for label in ("Campaign", "Current Status")]
    assert abs(tops[0] - tops[1]) < 12, "the campaign takes the place of a company that is empty"
    for button in ("View", "Flag"):
        box = cards[without].get_by_text(button, exact=True).bounding_box()
        assert min(box["width"], box["height"]) >= 40
    cards[without].get_by_text("Flag", exact=True).tap()
    title(page, without)
    page.keyboard.press("Escape")
    cards[named].get_by_text("View", exact=True).tap()
    expect(page).to_have_url(re.compile(rf"/v2/leads/{named.pk}\?list="))
    expect(page.locator("#lead article")).to_contain_text("Acme")


@pytest.mark.usefixtures("flag_reasons")
def test_ten_caution_leads_are_flagged_with_two_keys_each_and_others_selected(campaign, make_leads, sign_in_as):
    make_leads(campaign, 14)
    judge_all(campaign, "caution")
    queue = list(Lead.objects.order_by("-pk"))
    page = sign_in_as(roles.ADMIN)
    page.goto("/v2/leads?current_status=caution&per_page=25")
    press, number = page.keyboard.press, page.locator(".selection-n")

    for _ in range(2):
        press("Tab")
    expect(page.get_by_role("link", name="Skip to the rows")).to_be_focused()
    press("Enter")
    assert focused_lead(page) == str(queue[0].pk), "the first row is three keys away"

    press("j")
    press("x")
    for key in ("j", "j", "Shift+X"):
        press(key)
    expect(number).to_have_text("3 selected on this page")
    press("r")
    expect(page.locator(f"#lead-row-{queue[3].pk}")).to_be_focused()
    expect(number).to_have_text("3 selected on this page")
    press("Shift+A")
    expect(number).to_have_text("All 14 selected")
    expect(page.get_by_role("button", name="Reprocess…")).to_be_enabled()
    press("Escape")
    expect(number).to_be_hidden()
    page.goto("/v2/leads?current_status=caution&per_page=25&add=form")
    added = page.locator(".added-filter")
    expect(added).to_have_count(1)
    page.get_by_role("button", name="Remove this filter").click()
    expect(added).to_have_count(0)
    page.goto("/v2/leads?current_status=caution&per_page=25")
    press("j")
    assert focused_lead(page) == str(queue[0].pk), "the first j after a page opens goes to its first row"

    for _ in range(3):
        press("k")
    press("f")
    title(page, queue[0])
    press("v")
    press("Enter")
    expect(page.locator("#flag-form")).to_contain_text("Choose a reason.")
    press("1")
    press("Enter")
    for n, lead in enumerate(queue[1:8]):
        title(page, lead)
        press("i" if n == 3 else "v")
        press("Enter")
        if n == 3:  # the first Invalid needs its own reason
            expect(page.locator("#flag-form")).to_contain_text("Choose a reason.")
            press("2")
            press("Enter")
    for _ in queue[8:11]:  # without waiting for the next lead: no key is lost
        press("v")
        press("Enter")
    title(page, queue[11])
    expect(page.locator(f"#lead-row-{queue[10].pk} td[data-label='Current Status']")).to_contain_text("Valid")
    press("u")
    title(page, queue[10])
    expect(page.locator("#flag-result")).to_have_text(re.compile("1 lead put back"))
    press("u")
    title(page, queue[10])
    press("Escape")
    expect(page.locator(f"#lead-row-{queue[10].pk}")).to_be_focused()
    assert [lead.current_status for lead in Lead.objects.order_by("-pk")] == ["valid"] * 4 + ["invalid"] + ["valid"] * 5 + ["caution"] * 4

    press("?")
    expect(page.get_by_role("dialog", name="Keys of the list")).to_be_visible()
    press("Escape")
    press("/")
    expect(page.locator("#find")).to_be_focused()
    press("x")
    expect(number).to_be_hidden()
    press("Escape")
    expect(page.locator(f"#lead-row-{queue[0].pk}")).to_have_count(0)  # the list is new after the flags
    page.locator(f"#lead-row-{queue[11].pk}").focus()
    press("Enter")
    expect(page).to_have_url(re.compile(rf"/v2/leads/{queue[11].pk}\?list="))


@pytest.mark.usefixtures("flag_reasons")
def test_u_after_a_refused_flag_takes_back_the_last_that_was_saved(campaign, make_leads, sign_in_as, bob):
    make_leads(campaign, 2)
    judge_all(campaign, "caution")
    first, second = Lead.objects.order_by("-pk")
    page = sign_in_as(roles.ADMIN)
    page.goto("/v2/leads?current_status=caution&per_page=25")
    press, result = page.keyboard.press, page.locator("#flag-result")
    press("f")
    title(page, first)
    press("u")
    expect(result).to_have_text(re.compile("nothing to undo"))
    for key in ("v", "1", "Enter"):
        press(key)
    title(page, second)
    lifecycle.flag([second.pk], "invalid", actor=bob, reason="First")
    for key in ("v", "1", "Enter"):
        press(key)
    expect(result).to_have_text(re.compile("has changed since you opened this"))
    press("u")
    expect(result).to_have_text(re.compile("1 lead put back"))
    title(page, first)
    assert [lead.current_status for lead in Lead.objects.order_by("-pk")] == ["caution", "invalid"]
    press("u")
    expect(result).to_have_text(re.compile("nothing to undo"))


def test_m_takes_what_is_selected_or_else_the_lead_to_flag_manage(campaign, make_leads, sign_in_as):
    make_leads(campaign, 4)
    judge_all(campaign)
    page = sign_in_as(roles.ADMIN)
    for keys, n in ((("j", "x", "j", "x", "m"), 2), (("j", "j", "m"), 1), (("Shift+A", "m"), 4)):
        page.goto("/v2/leads?per_page=25")
        for key in keys:
            page.keyboard.press(key)
        expect(page).to_have_url(re.compile("/v2/leads/flag-manage/[0-9]+"))
        assert BulkAction.objects.latest("pk").total == n
    page.goto("/v2/leads?per_page=25")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of the list")).to_contain_text("Flag/Manage what is selected")


def test_a_row_that_is_unticked_after_all_were_selected_says_that_those_of_the_page_are_left(campaign, make_leads, sign_in_as):
    make_leads(campaign, 30)
    judge_all(campaign)
    page = sign_in_as(roles.ADMIN)
    page.goto("/v2/leads?per_page=25")
    number = page.locator(".selection-n")
    page.keyboard.press("Shift+A")
    expect(number).to_have_text("All 30 selected")
    page.locator("#rows .pick input").first.click()
    expect(number).to_have_text("24 selected on this page, no longer all 30")
    page.locator(".selection").get_by_label("Select all 30").check()
    expect(number).to_have_text("All 30 selected")
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(number).to_have_text("1 selected on this page")


@pytest.fixture
def flag_reasons(db):
    """The reasons of the installation, which tests that commit take away."""
    for flag in ("valid", "invalid"):
        FlagReason.objects.get_or_create(flag=flag, name="First")
        FlagReason.objects.get_or_create(flag=flag, name="Second")
