"""Every page of the frame in every state, size and theme: photographed, accessible, within its window and its policy."""

import re

import pytest
from playwright.sync_api import Page, expect

from config.core import extension_points
from config.core.accounts import roles
from config.core.lists import listing
from config.core.models import User
from tests.cast import make_user
from tests.fixtures.browser import COLOURS_ON_PHONES, borrowed
from tests.module_cast import ANEW
from tests.screens.test_listpage import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.screens.people")]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


@pytest.fixture(autouse=True)
def rail(monkeypatch):
    items = [
        extension_points.NavItem("People", "people", "people", 10, searched=lambda _: ("Name", "name")),
        extension_points.NavItem("Profile", "profile", "person", 20),
    ]
    monkeypatch.setattr(extension_points, "nav_items", items)


def fail_to_sign_in(page: Page) -> None:
    page.get_by_label("User name").fill("ann")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()


def open_menu(page: Page) -> None:
    page.locator(".me").click()


def open_drawer(page: Page) -> None:
    if page.get_by_role("button", name="Menu", exact=True).is_visible():
        page.get_by_role("button", name="Menu", exact=True).click()


def open_operation(page: Page) -> None:
    page.locator("details.operation summary").first.click()


def open_filter(page: Page) -> None:
    page.get_by_role("button", name="Add filter").click()
    page.get_by_role("dialog", name="Add filter").get_by_role("button", name="Role", exact=True).click()
    expect(page.get_by_role("group", name="Filter by Role")).to_be_visible()


def open_reasons(page: Page) -> None:
    page.locator("button.status:visible").nth(1).focus()


def lose_the_server(page: Page) -> None:
    page.route("**/people?*", lambda route: route.abort())
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(".failure")).to_be_visible()
    page.unroute("**/people?*")


@pytest.mark.parametrize(
    ("name", "path", "act"),
    [
        ("sign-in", "/sign-in", None),
        ("sign-in-refused", "/sign-in", fail_to_sign_in),
        ("forgotten-password", "/password/forgotten", None),
        ("forgotten-password-sent", "/password/forgotten/sent", None),
        ("new-password-old-link", "/password/new/MQ/old-link", None),
        ("api-docs", "/api/docs/", open_operation),
    ],
)
def test_pages_before_the_sign_in(look_at, name, path, act):
    look_at(name, path, None, act)


def test_the_page_of_one_who_is_locked_out(look_at, settings):
    settings.AXES_FAILURE_LIMIT = 1

    def be_locked_out(page: Page) -> None:
        page.get_by_label("User name").fill("ann")
        page.get_by_label("Password", exact=True).fill("wrong")
        page.get_by_label("Password", exact=True).press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Too many attempts")

    look_at("locked-out", "/sign-in", None, be_locked_out)


@pytest.mark.parametrize(
    ("name", "path", "act"),
    [
        ("profile", "/profile", None),
        ("me-menu", "/profile", open_menu),
        ("drawer", "/profile", open_drawer),
        ("change-password", "/password", None),
        ("not-found", "/nowhere", None),
        ("broken", "/broken", None),
    ],
)
def test_pages_about_oneself_and_about_errors(look_at, name, path, act):
    look_at(name, path, act=act)


def test_the_page_of_a_role_that_may_open_nothing(look_at, monkeypatch):
    monkeypatch.setattr(extension_points, "nav_items", [])
    look_at("nowhere-to-go", "/", roles.REPORT)


def test_the_page_of_one_who_must_change_the_password(look_at):
    ann = make_user(roles.ADMIN, name="Ann Lee", password_expired=True)
    look_at("expired-password", "/profile", ann)


def test_what_is_not_open_to_a_role(look_at):
    look_at("forbidden", "/people", roles.PUBLISHER)


@pytest.mark.parametrize(
    ("name", "path", "act"),
    [
        ("list", "/people?per_page=25", None),
        ("list-filter", "/people?per_page=25", open_filter),
        ("list-reasons", "/people?per_page=25", open_reasons),
        ("list-filtered", "/people?role=admin&role=advertiser&number_min=1&search=p-&sort=-name", None),
        ("list-no-match", "/people?name=Nobody", None),
        ("list-not-understood", "/people?colour=red&number_min=many", None),
        ("list-failed", "/people?per_page=25", lose_the_server),
    ],
)
def test_a_list_in_its_states(look_at, name, path, act):
    make_people(30)
    User.objects.filter(username="p-029").update(name="A company of two hundred characters " * 4)
    look_at(name, path, act=act)


def test_an_empty_list(look_at):
    look_at("list-empty", "/people")


def test_a_list_that_is_too_slow(look_at, monkeypatch):
    monkeypatch.setattr(listing, "TIME_LIMIT", "100ms")
    make_people(2)
    look_at("list-too-slow", "/people/slow")


@pytest.mark.parametrize(("path", "act"), [("/people?per_page=25", None), ("/people?per_page=25", open_drawer), ("/people", open_filter)])
def test_the_colours_of_what_only_phones_show(lookouts, chromium, live_server, path, act):
    """Cards, the menu's button, the open drawer, and filters below each other."""
    make_people(30)
    with borrowed(lookouts, chromium, live_server.url) as lookout:
        found = lookout.look("phone", path, make_user(roles.ADMIN), act, COLOURS_ON_PHONES)
        lookout.rest()
    assert found == []


def test_a_look_reports_each_fault_with_the_size_and_the_theme(lookouts, chromium, live_server):
    with borrowed(lookouts, chromium, live_server.url) as lookout:
        found = lookout.look("faulty", "/faulty", make_user(roles.ADMIN), None)
        lookout.rest()
    policy, *others = [fault.removeprefix("faulty: ") for fault in found]
    assert "Applying inline style violates the following Content Security Policy" in policy
    assert [re.sub(r" \d+ px|<.*", "", fault) for fault in others] == [
        "1440 dark: color-contrast (serious): ",
        "1440 dark: wider than the window",
        "1440 light: label (critical): ",
        "1440 light: wider than the window",
        "390 light: label (critical): ",
        "390 light: wider than the window",
        "390 dark: wider than the window",
    ]
