"""The wizard in a real browser: all eight types, once by keyboard alone, and how its pages look."""

import pytest
from playwright.sync_api import Page, expect

from config.core.actor import Actor
from config.core.models import User
from leads import bulk, lifecycle
from leads.bulk import drafts, forecast, lead_ids
from leads.models import BulkAction, FlagReason, Lead
from tests.cast import make_user
from tests.leads.acts import again, judge_all
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("flag_reasons")]
PRESSES_AT_MOST = 80
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


@pytest.fixture
def admin(db) -> User:
    return make_user("admin", name="Ada Meyer")


@pytest.fixture
def valid(campaign, make_leads) -> list[Lead]:
    leads = make_leads(campaign, 4)
    judge_all(campaign)
    return leads


@pytest.fixture
def flag_reasons(db) -> None:
    """The reasons of the installation, which tests that commit take away."""
    for flag, name in (
        ("valid", "Data verified"),
        ("invalid", "Returned"),
        ("invalid", "Duplicate"),
        ("invalid", "Other"),
        ("test", "Client test"),
    ):
        FlagReason.objects.get_or_create(flag=flag, name=name, is_other=name == "Other", has_categories=name == "Returned")


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the control with these words has the focus."""
    for _ in range(PRESSES_AT_MOST):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(({labels, textContent, name, ariaLabel}) => [...(labels ?? [])].map(label => label.textContent).concat(textContent, name, ariaLabel))"
            "(document.activeElement).join(' ')"
        )
        if words in " ".join(focused.split()):
            return
    pytest.fail(f"“{words}” is not reached by Tab")


def begin(page: Page, *leads: Lead) -> None:
    page.goto("/v2/leads/flag-manage")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("LEAD ID(S)").fill("\n".join(str(lead.pk) for lead in leads))
    page.get_by_role("button", name="Next").click()


def choose(page: Page, label: str) -> None:
    page.get_by_role("radio", name=label).check()
    page.get_by_role("button", name="Next").click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="what will happen")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Done.")).to_be_visible()


def test_leads_are_flagged_from_the_list_to_the_result_by_keyboard_alone(valid, admin, sign_in_as):
    page = sign_in_as(admin)
    page.goto("/v2/leads")
    tab_to(page, "Flag/Manage")
    page.keyboard.press("Enter")
    page.wait_for_url("**/flag-manage/*/leads")
    expect(page.get_by_label("LEAD ID(S)")).to_be_focused()
    page.keyboard.type(f"{valid[0].pk}, {valid[1].pk}")
    tab_to(page, "Next")
    page.keyboard.press("Enter")
    page.wait_for_url("**/type")
    expect(page.get_by_role("radio", name="Mark as Valid")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/processing")
    first = page.get_by_role("radio").first
    expect(first).to_be_focused()
    expect(first).to_have_accessible_name("Returned")
    page.keyboard.press("Space")
    tab_to(page, "Reason Category")
    tab_to(page, "Comment")
    page.keyboard.type("By keyboard")
    tab_to(page, "Preview")
    page.keyboard.press("Enter")
    page.wait_for_url("**/preview")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/actions/*")
    expect(page.get_by_role("status").filter(has_text="Done.")).to_be_visible()
    flagged = again(valid[1])
    assert (flagged.current_status, flagged.flag_reason, flagged.flag_comment) == ("invalid", "Returned", "By keyboard")
    assert again(valid[2]).second_check == ""


def test_all_eight_types_are_walked(valid, admin, sign_in_as):
    page, lead = sign_in_as(admin), valid[0]
    for label, reason, status in (
        ("Mark as Invalid", "Duplicate", "invalid"),
        ("Mark as Test", "Client test", "test"),
        ("Mark as Valid", "Data verified", "valid"),
    ):
        begin(page, lead)
        choose(page, label)
        page.get_by_role("radio", name=reason).check()
        save(page)
        assert again(lead).current_status == status
    for label, status in (("Mark as Delivered", "delivered"), ("Mark as Undelivered", "not_delivered")):
        begin(page, lead)
        choose(page, label)
        page.get_by_label("Type your full name").fill("ada meyer")
        page.get_by_role("checkbox").check()
        save(page)
        assert again(lead).delivery_status == status
    begin(page, lead)
    choose(page, "Mark as Other")
    page.get_by_role("radio", name="Replacement:").check()
    save(page)
    assert again(lead).replacement_type == "replacement"
    for label in ("Reprocess Leads", "Delete Leads"):
        begin(page, lead)
        choose(page, label)
        page.get_by_role("checkbox").check()
        save(page)
    lead = again(lead)
    assert lead.processr_status == "waiting"
    assert lead.deleted_at is not None


def test_own_reasons_and_categories_are_asked_for_where_they_belong(valid, admin, sign_in_as):
    FlagReason.objects.get(name="Returned").categories.create(name="Wrong person")
    page = sign_in_as(admin)
    begin(page, valid[0])
    choose(page, "Mark as Invalid")
    expect(page.get_by_label("Your own reason")).to_be_hidden()
    expect(page.get_by_label("Reason Category")).to_be_hidden()
    page.get_by_role("radio", name="Returned").check()
    expect(page.get_by_label("Reason Category")).to_be_visible()
    page.get_by_role("radio", name="Other").check()
    expect(page.get_by_label("Your own reason")).to_be_visible()
    expect(page.get_by_label("Reason Category")).to_be_hidden()


def test_ticked_rows_begin_the_wizard_and_a_reload_resumes_it(valid, admin, sign_in_as):
    page = sign_in_as(admin)
    page.goto("/v2/leads")
    for lead in valid[:2]:
        page.locator(f"#lead-row-{lead.pk} input[name=id]").check()
    page.get_by_role("button", name="Flag/Manage", exact=True).click()
    page.wait_for_url("**/type")
    page.reload()
    expect(page.get_by_role("complementary", name="Summary")).to_contain_text("2 leads")
    page.get_by_role("button", name="Discard").click()
    page.wait_for_url("**/v2/leads")
    assert not BulkAction.objects.exists()


def test_the_button_above_a_list_takes_all_that_match_and_the_stepper_keeps_what_is_typed(valid, admin, sign_in_as):
    page = sign_in_as(admin)
    page.goto("/v2/leads")
    page.locator("td.pick input").first.check()
    page.get_by_label("Select all 4").check()
    page.get_by_role("button", name="Flag/Manage", exact=True).click()
    page.wait_for_url("**/type")
    expect(page.get_by_role("complementary", name="Summary")).to_contain_text("4 leads")
    choose(page, "Mark as Invalid")
    page.get_by_role("radio", name="Other").check()
    page.get_by_label("Your own reason").fill("Of my own")
    page.get_by_role("navigation", name="Steps").get_by_role("button", name="Leads").click()
    page.wait_for_url("**/leads")
    page.get_by_label("LEAD ID(S)").fill("Jane")
    page.locator("summary", has_text="Import via CSV").click()
    page.get_by_label("File", exact=True).set_input_files({"name": "p.csv", "mimeType": "text/csv", "buffer": f"{valid[0].pk}\n".encode()})
    page.get_by_role("button", name="Import the file").click()
    expect(page.get_by_role("status").filter(has_text="1 left out")).to_be_visible()
    page.get_by_label("LEAD ID(S)").fill(str(valid[0].pk))
    page.get_by_role("navigation", name="Steps").get_by_role("button", name="Processing").click()
    page.wait_for_url("**/processing")
    expect(page.get_by_label("Your own reason")).to_have_value("Of my own")
    page.get_by_label("Your own reason").press("Enter")
    page.wait_for_url("**/preview")


def test_the_pages_look_right_in_both_sizes_and_themes(valid, campaign, admin, bob, look_at):
    lifecycle.flag([valid[3].pk], "invalid", actor=bob, reason="Duplicate")
    draft = drafts.begin_draft(actor=_actor(admin))
    text = f"{valid[0].pk} {valid[1].pk} {valid[3].pk}\nJane\n{'9' * 18}"
    drafts.add_entries(draft, lead_ids.split(text), who=admin, source="a file with quite a long name, of the spring fair.csv")
    at = f"/v2/leads/flag-manage/{draft.pk}"
    look_at("wizard-begin", "/v2/leads/flag-manage", admin)
    look_at("wizard-leads", f"{at}/leads", admin)
    look_at("wizard-type", f"{at}/type", admin)
    drafts.save_answers(draft, {"choice": "mark_invalid"})
    look_at("wizard-processing", f"{at}/processing", admin)
    drafts.save_answers(draft, {}, type_key="mark_invalid", settings={"reason": "Duplicate"})
    draft.refresh_from_db()
    forecast.make_forecast(draft)
    look_at("wizard-preview", f"{at}/preview", admin)
    look_at("wizard-skipped", f"{at}/preview/leads", admin)
    action = bulk.run_if_few(drafts.start(draft, actor=_actor(admin)))
    look_at("action", f"/v2/leads/actions/{action.pk}", admin)
    look_at("action-leads", f"/v2/leads/actions/{action.pk}/leads?outcome=changed", admin)
    look_at("action-history", "/v2/leads/flag-manage/history", admin)
    look_at("flag-reasons", "/v2/enterprise/flag-reasons", admin)
    look_at("flag-reason", f"/v2/enterprise/flag-reasons/{FlagReason.objects.get(name='Returned').pk}/configure", admin)


def _actor(user: User) -> Actor:
    return Actor(user.name, user.pk)
