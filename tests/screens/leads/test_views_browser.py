"""Views of the Leads page in a real browser: built by keyboard, saved and shared, on a page where nothing jumps."""

import pytest
from playwright.sync_api import expect

from campaigns.models import FormField
from config.core.accounts import roles
from config.core.models import SavedTable
from tests.cast import make_user
from tests.leads.acts import judge_all
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW

SHIFT = """() => new Promise(resolve => {
    let shift = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => (shift += entry.value))).observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(shift)));
})"""


def test_a_view_is_built_by_keyboard_saved_shared_and_seen_masked(campaign, make_leads, sign_in_as):
    make_leads(campaign, 30, email="jo@example.com", company="A company with a rather long name " * 3)
    judge_all(campaign)
    owner = make_user(roles.ADMIN)
    page = sign_in_as(owner)
    page.goto("/v2/leads")
    expect(page.locator(".tile-valid .share")).to_be_visible()
    assert page.evaluate(SHIFT) < 0.01
    box = page.locator(".list-scroll")
    assert box.evaluate("box => box.scrollWidth - box.clientWidth") == 0, "everything that matters fits in 1440 pixels"

    page.locator(".view-button").press("Enter")
    rows = page.locator("#columns li")
    expect(rows).to_have_count(9)
    page.get_by_role("button", name="Move Email up").press("Enter")
    expect(page.get_by_role("button", name="Move Email up")).to_be_focused()
    page.get_by_role("button", name="Remove Billable").press("Enter")
    adding = page.get_by_label("Add a column")
    adding.fill("publisher payout")
    adding.press("Enter")
    adding.fill("no such column")
    adding.press("Enter")
    assert "no such column" in adding.evaluate("input => input.validationMessage")
    adding.fill("captured:jobTitle")
    adding.press("Enter")
    page.get_by_text("Save as…").press("Enter")
    page.get_by_label("Name of the view").fill("<b>Mine</b>")
    page.get_by_label("Name of the view").press("Enter")
    expect(page.locator(".view-button")).to_contain_text("View: <b>Mine</b>")
    view = SavedTable.objects.get(user=owner)
    assert view.columns == [
        "id", "name", "email", "company", "current_status", "campaign", "delivery", "created_at", "publisher_payout", "captured:jobTitle",
    ]  # fmt: skip

    page.locator(".view-button").click()
    page.get_by_text("Share…").click()
    page.get_by_label("Admin Masked").check()
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_text("is shared. Its columns, order and filter are seen by Admin Masked.")).to_be_visible()

    masked = sign_in_as(roles.ADMIN_MASKED)
    masked.goto("/v2/leads")
    masked.locator(".view-button").click()
    masked.get_by_role("link", name="<b>Mine</b>").click()
    expect(masked.locator("tbody tr").first.locator('td[data-label="Email"]')).to_have_text("j••••")


def test_a_captured_field_is_a_column_by_its_label_or_its_name_alone(campaign, form, make_leads, sign_in_as):
    make_leads(campaign)
    FormField.objects.create(form=form, name="jobTitle", label="Job title")
    page = sign_in_as(roles.ADMIN)
    page.goto("/v2/leads")
    page.locator(".view-button").press("Enter")
    adding, added = page.get_by_label("Add a column"), page.locator("#columns input[value='captured:jobTitle']")
    for text in ("Job title", "jobtitle", "job title (jobTitle, as captured)", "captured:jobTitle"):
        adding.fill(text)
        adding.press("Enter")
        expect(added).to_have_count(1)
        page.get_by_role("button", name="Remove Job title (jobTitle, as captured)").press("Enter")
        expect(added).to_have_count(0)
    for text in ("", "Job", "title"):
        adding.fill(text)
        adding.press("Enter")
        expect(added).to_have_count(0)
