"""The pages of deliveries in a real browser: used by keyboard, and photographed in both themes."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from config.core.accounts import roles
from config.core.credentials.service import set_credential
from integrations import texts
from integrations.models import Delivery
from leads.extension_points import lead_tabs
from leads.privacy.tabs import TABS
from processr.models import Job
from processr.services import disable_job
from tests.cast import make_user
from tests.module_cast import ANEW

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/v2/deliveries/needs-a-person"
LONG = "An answer of three hundred characters that no column of any table was ever made to hold. " * 4
LABEL = "A label of one hundred and twenty characters that says more than any column of any table was ever made to hold, or show."


@pytest.fixture
def world(crm, integrate, deliver, attempt, make_campaign, bob) -> dict[str, Delivery | Job]:
    """Deliveries in every state, of two campaigns; a long label, an answer from right to left."""
    deliver(crm, 3)
    (sent,) = deliver(crm, state="sent", attempts=3)
    attempt(sent, "error", reason="Answered 503 Service Unavailable")
    attempt(sent, "success", reason="Answered 201 Created", message="POST /leads HTTP/1.1\n\nHTTP/1.1 201 Created\n\n{}")
    deliver(crm, state="failed", answer=f"{texts.GIVEN_UP}. Last answer: {LONG}"[:300])
    (back,) = deliver(crm, state="sent", taken_back_at=timezone.now())
    deliver(crm, state="withdrawn")
    (stuck, *_) = deliver(crm, 4, state="needs_person", answer="تم رفض العميل المحتمل", attempts=12)
    attempt(stuck, message=f"POST /leads HTTP/1.1\nHost: crm.acme.example\n\n{LONG}")
    other = integrate(LABEL, on=make_campaign("Autumn"))
    deliver(other, 2, state="needs_person", answer=LONG[:300])
    return {"sent": sent, "stuck": stuck, "back": back, "other": disable_job(other.pk, actor=bob)}


def log(job: Job, rest: str = "") -> str:
    return f"/v2/campaigns/{job.campaign_id}/processr/{job.pk}/deliveries{rest}"


def choose_page(page: Page) -> None:
    page.get_by_label("All on this page").check()


def without_a_reason(page: Page) -> None:
    page.get_by_role("button", name="Give up").click()
    expect(page.locator(".wrong")).to_be_visible()


def test_the_number_in_the_menu_leads_to_the_list_where_two_are_chosen_by_keyboard_and_sent_again(crm, deliver, sign_in_as):
    deliver(crm, 3, state="needs_person")
    page = sign_in_as(roles.ADMIN)
    page.goto("/v2/leads")
    page.get_by_role("link", name="Needs a person 3").click()
    retry = page.get_by_role("button", name="Retry")
    expect(retry).to_be_disabled()
    expect(page.locator(".choose-n")).to_have_text("None chosen")
    first, second, _ = page.get_by_role("checkbox", name="Choose lead").all()
    first.focus()
    page.keyboard.press("Space")
    second.focus()
    page.keyboard.press("Space")
    expect(page.locator(".choose-n")).to_have_text("2 chosen")
    retry.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".word.success")).to_have_text("2 will be sent again.")
    expect(page.get_by_role("checkbox", name="Choose lead")).to_have_count(1)
    assert Delivery.objects.filter(state="queued").count() == 2


def test_a_page_is_chosen_at_once_and_given_up_with_a_reason(crm, deliver, sign_in_as):
    deliver(crm, 3, state="needs_person")
    page = sign_in_as(roles.ADMIN)
    page.goto(LIST)
    choose_page(page)
    expect(page.locator(".choose-n")).to_have_text("3 chosen")
    page.get_by_role("checkbox", name="Choose lead").first.uncheck()
    expect(page.locator(".choose-n")).to_have_text("2 chosen")
    assert page.get_by_label("All on this page").evaluate("box => box.indeterminate")
    page.get_by_role("button", name="Give up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Give up 2 deliveries")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".wrong")).to_contain_text("Say why they are given up")
    page.get_by_label("Reason").fill("They have closed")
    page.keyboard.press("Enter")
    expect(page.locator(".word.success")).to_have_text("2 given up.")
    assert set(Delivery.objects.filter(state="failed").values_list("attempts", flat=True)) == {1}


def test_what_is_done_to_all_follows_the_filters_as_they_change_in_place(crm, integrate, deliver, sign_in_as):
    deliver(crm, 2, state="needs_person")
    sheet = integrate("Sheet")
    deliver(sheet, state="needs_person")
    Delivery.objects.exclude(state="needs_person").delete()
    page = sign_in_as(roles.ADMIN)
    page.goto(LIST)
    page.evaluate("window.same = true")
    expect(page.locator(".choose-all")).to_contain_text("All 3:")
    page.get_by_role("button", name="Add filter").click()
    page.locator("#add-filter").get_by_role("button", name="Integration", exact=True).click()
    page.locator("[data-added=integration] select").select_option(str(sheet.pk))
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".choose-all")).to_contain_text("All 1 that match:")
    assert page.evaluate("window.same"), "the page was loaded anew"
    expect(page.get_by_role("button", name="Retry")).to_be_disabled()
    page.locator(".choose-all").get_by_role("link", name="Retry").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Retry 1 delivery")
    page.get_by_role("button", name="Retry 1 delivery").click()
    expect(page.locator(".word.success")).to_have_text("1 will be sent again.")
    expect(page.locator(".chip")).to_contain_text("Sheet")
    assert Delivery.objects.get(state="queued").job == sheet


def test_without_scripts_the_list_can_be_decided_too(crm, deliver, sign_in_as):
    (stuck, _) = deliver(crm, 2, state="needs_person")
    page = sign_in_as(roles.ADMIN, java_script_enabled=False)
    page.goto(LIST)
    page.get_by_role("checkbox", name=f"Choose lead {stuck.lead_id}").check()
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".word.success")).to_have_text("1 will be sent again.")


STATES = [
    ("needs-a-person", "", None),
    ("needs-a-person-chosen", "", choose_page),
    ("needs-a-person-no-match", "?lead=1000000000", None),
    ("needs-a-person-retry-all", "/retry?all=1&query=", None),
    ("needs-a-person-give-up-all", "/give-up?all=1&query=", without_a_reason),
]


def test_what_needs_a_person_in_its_states(world, look_at):
    for name, rest, act in STATES:
        look_at(name, LIST + rest, act=act)


def test_nothing_needs_a_person(look_at):
    look_at("needs-a-person-none", LIST)


def test_the_integration_tab_and_the_page_that_asks_before_a_removal(world, crm, look_at):
    other = world["other"]
    look_at("integrations", f"/v2/campaigns/{crm.campaign_id}/processr?tab=integration")
    look_at("integrations-disabled", f"/v2/campaigns/{other.campaign_id}/processr?tab=integration")
    look_at("integration-remove", f"/v2/campaigns/{crm.campaign_id}/processr/jobs/{crm.pk}/remove")


def ask_for_the_name_of_a_header(page: Page) -> None:
    place, name = page.get_by_label("The credential is sent"), page.get_by_label("Name of the header or parameter")
    expect(place).to_be_hidden()
    page.locator("[name=credential]").select_option("Their key")
    expect(place).to_be_visible()
    expect(name).to_be_hidden()
    place.select_option("header")
    expect(name).to_be_visible()
    page.evaluate("scrollTo(0, 0)")  # or the bar at the top covers half of a button, which counts as one too small


def test_a_setting_is_shown_when_another_asks_for_it(campaign, look_at, bob):
    set_credential(name="Their key", secret="x", api_url="https://crm.example", actor=bob)
    look_at("integration-add", f"/v2/campaigns/{campaign.pk}/processr/add/http_post", act=ask_for_the_name_of_a_header)


def test_the_log_of_an_integration(world, crm, integrate, look_at):
    look_at("deliveries", log(crm))
    look_at("deliveries-filtered", log(crm, "?state=failed"))
    look_at("deliveries-long", log(world["other"]))
    look_at("deliveries-none", log(integrate("Sheet", kind="collect")))


def test_one_delivery_with_its_attempts(world, look_at):
    look_at("delivery-sent", f"/v2/deliveries/{world['sent'].pk}")
    look_at("delivery-in-need", f"/v2/deliveries/{world['stuck'].pk}")
    look_at("delivery-masked", f"/v2/deliveries/{world['stuck'].pk}", make_user(roles.ADMIN_MASKED))
    look_at("delivery-taken-back", f"/v2/deliveries/{world['back'].pk}")


def test_the_deliveries_on_the_page_of_a_lead(world, look_at):
    look_at(
        "lead-deliveries",
        f"/v2/leads/{world['stuck'].lead_id}/deliveries",
        act=lambda page: page.locator("#lead-tab").scroll_into_view_if_needed(),
    )


def test_a_tab_opens_in_its_place_and_has_an_address_of_its_own(world, sign_in_as):
    lead = world["stuck"].lead_id
    page = sign_in_as(roles.ADMIN)
    page.goto(f"/v2/leads/{lead}")
    expect(page.locator("#lead-tab")).to_contain_text("No job has run over this lead yet")
    place = [key for key in TABS if lead_tabs.get(key)].index("deliveries") + 1
    page.keyboard.press(str(place))
    expect(page.get_by_role("region", name="Deliveries", exact=True)).to_contain_text("تم رفض العميل المحتمل")
    expect(page).to_have_url(re.compile(f"/v2/leads/{lead}/deliveries$"))
    expect(page.locator("#tab-deliveries")).to_have_attribute("aria-current", "page")
    page.reload()
    expect(page.locator("#tab-deliveries")).to_have_attribute("aria-current", "page")
    page.locator("#tab-job_details").click()
    expect(page.locator("#tab-job_details")).to_have_attribute("aria-current", "page")
    expect(page.locator("#tab-job_details")).to_be_focused()
    page.go_back()
    expect(page.locator("#tab-deliveries")).to_have_attribute("aria-current", "page")


def test_a_tab_opens_without_script_too(world, sign_in_as):
    lead = world["stuck"].lead_id
    page = sign_in_as(roles.ADMIN, java_script_enabled=False)
    page.goto(f"/v2/leads/{lead}")
    page.locator("#tab-deliveries").click()
    expect(page).to_have_url(re.compile(f"/v2/leads/{lead}/deliveries$"))
    expect(page.locator("#lead-tab")).to_contain_text("Needs a person")
