"""Typed text in the sheet of a lead is kept, and the focus stays where one works."""

import re

import pytest
from playwright.sync_api import Page, expect

from config.core.accounts import roles
from leads import lifecycle
from leads.models import Lead
from tests.leads.acts import again, judge_all
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


@pytest.fixture
def queue(campaign, make_leads) -> list[Lead]:
    make_leads(campaign, 3, company="Acme")
    judge_all(campaign)
    return list(Lead.objects.order_by("-pk"))


@pytest.fixture
def page(queue, sign_in_as) -> Page:
    """The list, with the sheet of its first lead open."""
    page = sign_in_as(roles.ADMIN)
    page.goto("/v2/leads")
    page.locator(f"#lead-row-{queue[0].pk}").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^Lead "))  # it has settled
    expect(page.locator("h1#lead-name")).to_be_focused()
    return page


def question(page: Page):
    return page.get_by_role("alertdialog", name="Discard what you typed?")


def open_values(page: Page) -> None:
    page.keyboard.press("e")
    expect(page.locator("#edit-values .icon-button").first).to_be_focused()


def open_pen(page: Page, label: str) -> None:
    page.get_by_role("link", name=f"Edit {label}").press("Enter")
    expect(page.get_by_label(f"Value of {label}")).to_be_focused()


def test_escape_leaves_the_edit_and_asks_before_typed_text_is_lost(page, queue):
    sheet, press = page.locator("#lead-dialog"), page.keyboard.press
    open_values(page)
    open_pen(page, "Company")
    press("Escape")
    expect(page.get_by_role("link", name="Edit Company")).to_be_focused()
    expect(sheet).to_be_visible()

    open_pen(page, "Company")
    page.keyboard.type("Navy")
    typed = page.get_by_label("Value of Company").input_value()
    press("Escape")
    expect(question(page)).to_contain_text("Company: what you typed has not been saved.")
    expect(page.get_by_role("button", name="Go on editing")).to_be_focused()
    press("Enter")
    expect(page.get_by_label("Value of Company")).to_be_focused()
    for leave in (lambda: press("Escape"), lambda: page.locator("#tab-notes").press("Enter"), lambda: page.locator("[data-step=next]").click(),
                  lambda: page.get_by_role("link", name="Close, back to the list").click(), page.go_back):  # fmt: skip
        leave()
        expect(question(page)).to_be_visible()
        press("Escape")
        expect(question(page)).to_be_hidden()
        expect(page.get_by_label("Value of Company")).to_have_value(typed)
        expect(page.locator("#lead article.lead")).to_have_attribute("data-lead", str(queue[0].pk))
    page.get_by_label("Value of Company").focus()
    press("Escape")
    page.get_by_role("button", name="Discard").press("Enter")
    expect(page.get_by_role("link", name="Edit Company")).to_be_focused()

    press("8" if page.locator(".tabs a").nth(7).get_attribute("id") == "tab-notes" else "7")
    expect(page.locator("#lead-tab-content")).to_be_focused()
    page.get_by_text("Add a note").press("Enter")
    page.get_by_label("Note", exact=True).fill("Called twice")
    page.locator("#notes-of-history").click()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("#notes-of-history")).to_have_attribute("aria-current", "true")
    page.locator("#lead-name").focus()
    press("Escape")
    expect(sheet).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/v2/leads$"))
    assert again(queue[0]).captured["company"] == "Acme"


def test_a_save_shows_what_others_changed_and_keeps_open_edits(page, queue, bob):
    open_values(page)
    open_pen(page, "Last name")
    page.keyboard.type("not saved yet")
    typed = page.get_by_label("Value of Last name").input_value()
    lifecycle.edit({queue[0].pk: {"firstName": "Joan"}}, actor=bob)
    page.get_by_label("New Fieldname").fill("crmId")
    page.get_by_label("New Value").fill("7")
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(page.locator("#edit-notice [data-lands]")).to_be_focused()
    expect(page.locator("#edit-notice")).to_contain_text("crmId was added.")
    expect(page.locator("#edit-values")).to_contain_text("Joan")
    expect(page.locator("#edit-values tr").last).to_contain_text("crmId")
    expect(page.get_by_label("Value of Last name")).to_have_value(typed)
    page.get_by_label("Value of Last name").press("Enter")
    expect(page.get_by_role("link", name="Edit Last name")).to_be_focused()
    assert again(queue[0]).captured["lastName"] == typed

    open_pen(page, "Company")
    page.keyboard.type("x")
    lifecycle.mark_delivered([queue[0].pk], actor=bob)
    page.get_by_label("Value of Company").press("Enter")
    expect(page.locator("#edit-data")).to_contain_text("already delivered")
    expect(page.get_by_role("link", name="Edit First name")).to_have_count(0)
    expect(page.get_by_role("button", name="Add", exact=True)).to_have_count(0)
    expect(page.get_by_label("Value of Company")).to_have_value(re.compile("x"))


def test_an_ended_session_keeps_what_was_typed_until_it_is_saved(page, queue):
    open_values(page)
    open_pen(page, "Company")
    page.get_by_label("Value of Company").fill("Navy")
    cookies = page.context.cookies()
    page.context.clear_cookies(name=re.compile("session"))
    page.keyboard.press("Enter")
    expect(page.locator("#lead")).to_contain_text("You are signed out, so nothing was saved")
    expect(page.get_by_label("Value of Company")).to_have_value("Navy")
    page.context.add_cookies(cookies)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#lead")).to_contain_text("You are signed in.")
    page.get_by_label("Value of Company").press("Enter")
    expect(page.locator("#edit-notice")).to_contain_text("Company was changed.")
    assert again(queue[0]).captured["company"] == "Navy"


def test_the_focus_goes_to_what_came_of_it(page, queue):
    page.locator("#tab-notes").press("Enter")
    expect(page.locator("#tab-notes")).to_be_focused()
    page.get_by_text("Add a note").press("Enter")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()
    page.keyboard.type("fejk")  # letters that are keys elsewhere
    expect(page.get_by_label("Note", exact=True)).to_have_value("fejk")
    page.get_by_role("button", name="Add note").press("Enter")
    expect(page.locator("#lead-notes .word.success")).to_be_focused()


def test_on_a_phone_the_facts_are_folded_and_a_tab_comes_into_sight(queue, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/v2/leads")
    page.locator(f"#lead-row-{queue[0].pk} [data-opens]").click()
    expect(page.locator("#tab-notes")).to_be_attached()
    assert page.locator("#lead-tab").bounding_box()["y"] < 500
    expect(page.get_by_text("Entry Point")).to_be_hidden()
    page.locator("#tab-notes").click()
    expect(page.locator("#lead-notes")).to_be_in_viewport()
    page.get_by_text("All facts").click()
    expect(page.get_by_text("Entry Point")).to_be_visible()


def test_back_on_the_page_of_a_lead_asks_before_typed_text_is_lost(queue, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    address = f"/v2/leads/{queue[0].pk}"
    page.goto(f"{address}/notes")
    page.locator("#tab-edit_data").press("Enter")
    expect(page).to_have_url(re.compile("/edit_data$"))
    page.get_by_label("New Fieldname").fill("crmId")
    page.go_back()
    expect(question(page)).to_contain_text("what you typed has not been saved.")
    page.get_by_role("button", name="Go on editing").press("Enter")
    expect(page).to_have_url(re.compile("/edit_data$"))
    expect(page.get_by_label("New Fieldname")).to_have_value("crmId")
    page.go_back()
    page.get_by_role("button", name="Discard").press("Enter")
    expect(page).to_have_url(re.compile("/notes$"))
    expect(page.locator("#tab-notes")).to_have_attribute("aria-current", re.compile("."))


def test_back_from_a_sheet_that_was_loaded_anew_shows_the_list(page, queue):
    page.reload()
    expect(page.locator("main .lead-page article.lead")).to_have_attribute("data-lead", str(queue[0].pk))
    page.go_back()
    expect(page).to_have_url(re.compile("/v2/leads$"))
    expect(page.locator(f"#lead-row-{queue[0].pk}")).to_be_visible()
    page.go_forward()
    expect(page.locator("#lead-dialog article.lead")).to_have_attribute("data-lead", str(queue[0].pk))
