"""The tabs of values, notes and the timeline in a real browser: edited in place, with what is typed elsewhere kept; photographed in both themes."""

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
def jo(campaign, make_leads, bob) -> Lead:
    (lead,) = make_leads(campaign, firstName="Jo", lastName="محمد", email="jo@example.com", company="Acme " * 40)
    judge_all(campaign)
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="Data verified", comment="Jo said so")
    return again(lead)


def wrong_address(page: Page) -> None:
    page.get_by_role("link", name="Edit E-mail").click()
    page.get_by_label("Value of E-mail").fill("nobody")
    page.keyboard.press("Enter")
    page.get_by_text("not a valid email address").wait_for()


def wrong_address_without_script(page: Page) -> None:
    page.get_by_role("link", name="Edit E-mail").click()
    page.get_by_label("Value of E-mail").fill("nobody")
    with page.expect_navigation():
        page.get_by_label("Value of E-mail").evaluate("field => field.form.submit()")
    page.get_by_text("not a valid email address").wait_for()


def test_values_are_edited_in_their_rows_by_keyboard(jo, bob, sign_in_as):
    page = sign_in_as(roles.ADMIN)
    page.goto(f"/v2/leads/{jo.pk}/edit_data")
    page.get_by_role("link", name="Edit Last name").press("Enter")
    expect(page.get_by_label("Value of Last name")).to_be_focused()
    page.get_by_role("link", name="Edit First name").press("Enter")
    expect(page.get_by_label("Value of First name")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Joan")
    page.get_by_label("Value of Last name").fill("not saved yet")
    page.get_by_label("Value of First name").press("Enter")
    expect(page.get_by_text("First name was changed.")).to_be_visible()
    expect(page.get_by_role("link", name="Edit First name")).to_be_focused()
    expect(page.get_by_label("Value of Last name")).to_have_value("not saved yet")

    lifecycle.edit({jo.pk: {"lastName": "Meyer"}}, actor=bob)
    page.get_by_label("Value of Last name").press("Enter")
    expect(page.get_by_text(f"changed meanwhile by {bob.name}")).to_be_visible()
    expect(page.get_by_label("Value of Last name")).to_have_value("not saved yet")
    page.get_by_label("New Fieldname").fill("crmId")
    page.get_by_label("New Value").fill("7")
    page.keyboard.press("Enter")
    expect(page.get_by_text("crmId was added.")).to_be_visible()
    expect(page.locator("#edit-values tr").last).to_contain_text("crmId")
    expect(page.get_by_label("New Fieldname")).to_have_value("")
    page.get_by_role("button", name="Save over it").press("Enter")
    expect(page.get_by_text("Last name was changed.")).to_be_visible()
    assert {name: again(jo).captured[name] for name in ("firstName", "lastName", "crmId")} == {
        "firstName": "Joan", "lastName": "not saved yet", "crmId": "7",
    }  # fmt: skip


def test_the_tabs_as_an_admin_sees_them(jo, look_at):
    look_at("lead-edit-data", f"/v2/leads/{jo.pk}/edit_data", act=wrong_address)
    look_at("lead-edit-data-without-script", f"/v2/leads/{jo.pk}/edit_data", act=wrong_address_without_script)
    look_at("lead-notes", f"/v2/leads/{jo.pk}/notes", act=lambda page: page.get_by_text("Add a note").click())
    look_at("lead-status-history", f"/v2/leads/{jo.pk}/notes?type=history")
    look_at("lead-timeline", f"/v2/leads/{jo.pk}/timeline?type=notes.status")
