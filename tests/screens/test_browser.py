"""The frame and the list page in a real browser, under the real Content-Security-Policy."""

import re

import pytest
from playwright.sync_api import Page, expect

from config.core import extension_points
from config.core.accounts import roles
from config.core.models import User
from tests.cast import PASSWORD, make_user
from tests.fixtures.browser import PHONE
from tests.module_cast import ANEW
from tests.screens.test_listpage import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.screens.people")]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


@pytest.fixture(autouse=True)
def rail(monkeypatch):
    monkeypatch.setattr(
        extension_points, "nav_items", [extension_points.NavItem("People", "people", "people", 10, searched=lambda _: ("Name", "name"))]
    )


@pytest.fixture
def page(sign_in_as) -> Page:
    return sign_in_as("admin")


def first_row(page: Page) -> str:
    return page.locator(".rows tbody tr td").first.inner_text()


def test_signing_in_by_hand(open_page):
    make_user(roles.ADMIN, username="ann")
    page = open_page()
    page.goto("/people")
    page.get_by_label("User name").fill("ann")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Show password").click()
    assert page.get_by_label("Password", exact=True).get_attribute("type") == "text"
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("People")


def test_the_policy_refuses_inline_scripts_and_the_watch_sees_it(sign_in_as):
    seen = []
    page = sign_in_as("admin", seen=seen)
    page.goto("/people")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = true'}))")
    assert page.evaluate("window.ran") is None
    assert len(seen) == 1
    assert "script-src 'self'" in seen[0]


def test_pages_turn_in_place_by_key_and_back_brings_the_first_again(page):
    make_people(120)
    page.goto("/people?per_page=25")
    page.evaluate("window.same = true")
    first = first_row(page)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".list-foot")).to_contain_text("26–50 of 120")
    assert first_row(page) != first
    assert page.evaluate("window.same"), "the whole page was loaded"
    expect(page.locator("#announce")).to_have_text(re.compile("26–50 of 120 people"))
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".list-foot")).to_contain_text("1–25 of 120")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".list-foot")).to_contain_text("26–50 of 120")
    for expected in ("1–25 of 120", "26–50 of 120", "1–25 of 120"):
        page.evaluate("history.back()")
        expect(page.locator(".list-foot")).to_contain_text(expected)


def test_a_filter_is_added_once_set_and_taken_away_at_its_chip(page):
    make_people(40)
    page.goto("/people")
    page.get_by_role("button", name="Add filter").click()
    page.locator("#add-filter").get_by_role("button", name="Role", exact=True).click()
    expect(page.get_by_label("Role", exact=True)).to_be_focused()
    page.get_by_label("Filter Role").dispatch_event("click")
    page.get_by_label("Role", exact=True).select_option("Admin")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".chip")).to_contain_text("Role: Admin")
    assert page.url.endswith("/people?role=admin"), "empty fields are in the address"
    page.reload()
    expect(page.locator(".chip")).to_contain_text("Role: Admin")
    page.get_by_label("Remove filter Role").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert page.url.endswith("/people")


def test_the_funnel_in_the_head_opens_that_columns_filter_and_enter_applies_it(page):
    make_people(40)
    page.goto("/people")
    page.locator("th", has_text="Name").hover()
    page.get_by_role("button", name="Filter Name").click()
    page.get_by_label("Filter by Name").get_by_label("Name").fill("Ann")
    page.keyboard.press("Enter")
    expect(page.locator(".list-foot")).to_contain_text("1–8 of 8")


def test_a_column_sorts_both_ways_and_keeps_the_focus(page):
    make_people(10)
    page.goto("/people")
    page.get_by_role("link", name="Name").press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Name")
    expect(page.locator("#sort-name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Name")


def test_the_page_size_is_kept_in_the_address(page):
    make_people(40)
    page.goto("/people?sort=name")
    page.get_by_label("Rows a page").select_option("25")
    expect(page.locator(".list-foot")).to_contain_text("1–25 of 40")
    assert page.url.endswith("/people?sort=name&per_page=25")


def test_slash_focuses_the_search_and_typing_one_there_does_not(page):
    make_people(10)
    page.goto("/people")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("p-00/")
    expect(page.locator("#find")).to_have_value("p-00/")
    page.locator("#find").fill("p-00")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_contain_text("Search: p-00")
    expect(page.locator("#find")).to_have_value("p-00")


def test_the_theme_is_kept_and_set_before_the_first_paint(page):
    page.goto("/people")
    assert page.locator("html").get_attribute("data-bs-theme") == "light"
    page.get_by_label("Switch between light and dark").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.add_init_script("addEventListener('DOMContentLoaded', () => { window.early = document.documentElement.dataset.bsTheme })")
    page.reload()
    assert page.evaluate("window.early") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 21, 28)"


def test_the_rail_folds_to_icons_and_stays_so(page):
    page.goto("/people")
    page.get_by_role("button", name="Fold menu").click()
    page.reload()
    assert page.locator(".rail").bounding_box()["width"] == 56
    expect(page.get_by_role("link", name="People")).to_have_attribute("aria-current", "page")


def test_on_a_phone_the_rail_is_a_drawer_and_rows_are_cards(sign_in_as):
    make_people(10)
    page = sign_in_as("admin", viewport=PHONE, has_touch=True)
    page.goto("/people")
    expect(page.locator("#rail")).to_be_hidden()
    page.get_by_role("button", name="Menu").tap()
    expect(page.locator("#rail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#rail")).to_be_hidden()
    assert page.locator(".rows thead").is_hidden()
    assert page.locator(".rows tbody tr").first.bounding_box()["width"] == 358


def test_on_a_phone_the_next_page_begins_at_its_first_row(sign_in_as):
    make_people(60)
    page = sign_in_as("admin", viewport=PHONE, has_touch=True)
    page.goto("/people?per_page=25")
    page.get_by_role("link", name="Next page").tap()
    expect(page.locator(".list-foot")).to_contain_text("26–50 of 60")
    expect(page.locator(".rows tbody tr").first).to_be_in_viewport(ratio=1)


def test_reasons_open_on_hover_stay_under_the_pointer_and_can_be_selected(page):
    make_people(3)
    page.goto("/people")
    status, reasons = page.locator("button.status").first, page.locator(".reasons").first
    status.hover()
    expect(reasons).to_be_visible()
    reasons.locator("li").first.click(click_count=3)
    assert "Made by hand" in page.evaluate("getSelection().toString()")
    expect(reasons).to_be_visible()
    page.mouse.move(5, 5)
    expect(reasons).to_be_hidden()


def test_reasons_open_beside_their_status(page):
    make_people(3)
    page.goto("/people")
    status = page.locator("button.status").nth(1)
    status.hover()
    expect(page.locator(".reasons").nth(1)).to_be_visible()
    here, there = status.bounding_box(), page.locator(".reasons").nth(1).bounding_box()
    assert abs(there["x"] - here["x"]) < 4
    assert 0 <= there["y"] - (here["y"] + here["height"]) < 12


def test_reasons_open_on_focus_and_close_with_escape(page):
    make_people(1)
    page.goto("/people")
    page.locator("button.status").focus()
    expect(page.locator(".reasons")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".reasons")).to_be_hidden()
    expect(page.locator("button.status")).to_be_focused()


def test_reasons_open_on_tap_and_close_on_a_tap_elsewhere(sign_in_as):
    make_people(1)
    page = sign_in_as("admin", viewport=PHONE, has_touch=True)
    page.goto("/people")
    page.locator("button.status").tap()
    expect(page.locator(".reasons")).to_be_visible()
    page.locator("h1").tap()
    expect(page.locator(".reasons")).to_be_hidden()


def test_new_rows_announce_themselves_and_come_when_asked(page):
    make_people(3)
    page.clock.install()
    page.goto("/people/newsy")
    User.objects.create(username="p-new", name="New One")
    with page.expect_request("**/new-people?*") as asked:
        page.clock.run_for(16_000)
    assert asked.value.headers["x-sluice-poll"] == "1", "a forgotten tab keeps the session alive"
    expect(page.locator(".news")).to_have_text("1 new people · Show")
    page.get_by_role("link", name="Show").click()
    expect(page.locator(".rows")).to_contain_text("New One")
    expect(page.locator(".news")).to_be_empty()


def test_nobody_is_asked_for_news_while_nobody_looks(page):
    page.clock.install()
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "new-people" in request.url else None)
    page.goto("/people/newsy")
    hide = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true}); document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(hide, True)
    page.clock.run_for(120_000)
    assert asked == []
    with page.expect_request("**/new-people?*"):
        page.evaluate(hide, False)


def test_an_error_is_said_where_it_happened_with_a_way_to_try_again(page):
    make_people(60)
    page.goto("/people")
    page.route("**/people?*", lambda route: route.fulfill(status=500, headers={"X-Request-ID": "ref-4711"}, body=""))
    page.get_by_role("link", name="Next page").click()
    failure = page.locator("#list > .failure")
    expect(failure).to_contain_text("The server made a mistake. What you see below is as it was.")
    expect(failure).to_contain_text("Reference ref-4711")
    assert page.locator(".rows tbody tr").count() == 50, "what was there is gone"
    page.unroute("**/people?*")
    failure.get_by_role("button", name="Try again").click()
    expect(page.locator(".list-foot")).to_contain_text("51–60 of 60")
    expect(failure).to_have_count(0)


def test_a_server_that_cannot_be_reached_is_said_in_words(page):
    make_people(60)
    page.goto("/people")
    page.route("**/people?*", lambda route: route.abort())
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#list > .failure")).to_contain_text("The server cannot be reached.")


def test_an_answer_that_does_not_come_is_given_up(page):
    make_people(60)
    page.goto("/people")
    page.evaluate("htmx.config.timeout = 100")
    waiting = []
    page.route("**/people?*", lambda route: waiting.append(route))
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#list > .failure")).to_contain_text("The server did not answer in time.")
    waiting[0].abort()


def test_a_slow_answer_shows_rows_of_the_right_height_meanwhile(page):
    make_people(60)
    page.goto("/people")
    waiting = []
    page.route("**/people?*", lambda route: waiting.append(route))
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(".list-box > .skeleton")).to_be_visible()
    assert page.locator(".list-box > .skeleton span").first.bounding_box()["height"] == 36
    waiting[0].continue_()
    expect(page.locator(".list-box > .skeleton")).to_be_hidden()
    expect(page.locator(".list-foot")).to_contain_text("51–60 of 60")


def test_a_poll_that_finds_the_session_ended_says_so_and_asks_no_more(page):
    page.clock.install()
    page.goto("/people/newsy?sort=name")
    page.context.clear_cookies()
    page.clock.run_for(16_000)
    expect(page.locator("#live")).to_contain_text("You have been signed out")
    assert page.locator("#live a").get_attribute("href") == "/sign-in?next=%2Fpeople%2Fnewsy%3Fsort%3Dname"
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)
    assert asked == []


def test_a_click_that_finds_the_session_ended_goes_to_the_sign_in_as_a_page(page):
    make_people(60)
    page.goto("/people")
    page.context.clear_cookies()
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_polls_that_fail_are_mentioned_once_and_the_mention_goes_when_they_work_again(page):
    page.clock.install()
    page.goto("/people/newsy")
    page.route("**/new-people?*", lambda route: route.abort())
    page.clock.run_for(16_000)
    expect(page.locator("#live")).to_be_empty()
    page.clock.run_for(16_000)
    expect(page.locator("#live")).to_contain_text("has not answered for a while")
    page.unroute("**/new-people?*")
    page.clock.run_for(16_000)
    expect(page.locator("#live")).to_be_empty()


def test_a_form_is_sent_once_however_often_one_clicks(page):
    page.goto("/profile")
    sent = []
    page.route("**/profile", lambda route: (sent.append(route), route.continue_() if len(sent) == 1 else route.abort()))
    page.get_by_label("Full name").fill("Twice")
    page.evaluate("form => { form.requestSubmit(); form.requestSubmit(); }", page.locator("main form").element_handle())
    expect(page.get_by_role("status").filter(has_text="Your profile is saved.")).to_be_visible()
    assert len([route for route in sent if route.request.method == "POST"]) == 1


def test_the_first_mistake_of_a_form_has_the_focus(page):
    page.goto("/password")
    page.get_by_label("Present password", exact=True).fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("The new password again", exact=True).fill("short")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_label("New password", exact=True)).to_be_focused()


def test_everything_of_the_frame_is_reached_by_keyboard_and_the_rest_can_be_skipped(page):
    page.goto("/people")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.get_by_role("button", name=re.compile("profile and sign out")).press("Enter")
    expect(page.locator("#me")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You are signed out.")
