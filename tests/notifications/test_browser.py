"""The bell in a real browser: it updates itself, opens by keyboard, and is photographed in every state and theme."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from config.core.models import User
from config.core.notifications import notify
from config.core.notifications.service import mark_read
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW

LONG = f"Import of {'a_file_with_a_name_of_two_hundred_characters_' * 5}.csv has failed. The file was changed while it was read."
LINK = "/v2/leads"
BUSY = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
"""The elements that htmx has not yet made its own: a form in it would be sent as without script."""


def tell(user: User, *texts: str) -> None:
    for text in texts:
        notify([user], "bulk_action", text, key=text[:80], url=LINK)


def ring(page: Page) -> None:
    page.get_by_role("button", name="Notifications").click()
    expect(page.locator("#notifications-newest > :first-child:not(.skeleton)")).to_be_visible()


def test_the_bell_counts_what_comes_while_a_page_is_open(ann, sign_in_as):
    page = sign_in_as(ann)
    page.goto("/profile")
    expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()
    tell(ann, "First")
    with page.expect_request("**/notifications/unread*") as poll:
        page.evaluate("document.body.dispatchEvent(new CustomEvent('sluice:tick'))")
    assert poll.value.headers["x-sluice-poll"] == "1", "or a forgotten page would keep its session alive"
    expect(page.get_by_role("button", name="Notifications 1 unread")).to_be_visible()
    expect(page.locator("#announce")).to_have_text("1 unread notification")


def test_the_bell_is_read_and_marked_by_keyboard_and_the_focus_is_never_lost(ann, sign_in_as):
    tell(ann, "First", "Second")
    page = sign_in_as(ann)
    page.goto("/profile")
    page.get_by_role("button", name="Notifications").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Mark as read: Second")).to_be_visible()
    expect(page.locator(BUSY)).to_have_count(0)
    page.get_by_role("button", name="Mark as read: Second").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Notifications 1 unread")).to_be_visible()
    expect(page.get_by_role("button", name="Second", exact=True)).to_be_focused()
    expect(page.locator(BUSY)).to_have_count(0)
    page.get_by_role("button", name="Unread: First").press("Enter")
    page.wait_for_url(f"**{LINK}")
    assert ann.notifications.filter(read_at=None).count() == 0


def test_all_are_marked_as_read_at_the_bell(ann, sign_in_as):
    tell(ann, "First", "Second")
    page = sign_in_as(ann)
    page.goto("/profile")
    ring(page)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("button", name="Mark all as read")).to_be_hidden()
    expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()


def test_an_answer_that_does_not_come_is_said_in_its_place_and_can_be_asked_for_again(ann, sign_in_as):
    tell(ann, "First")
    page = sign_in_as(ann)
    page.goto("/profile")
    page.route("**/notifications/newest", lambda route: route.abort())
    page.get_by_role("button", name="Notifications").click()
    expect(page.locator("#notifications")).to_contain_text("The server cannot be reached.")
    page.unroute("**/notifications/newest")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Unread: First")).to_be_visible()


def test_without_script_the_bell_leads_to_the_list_where_all_can_be_done(ann, sign_in_as):
    tell(ann, "First", "Second")
    page = sign_in_as(ann, java_script_enabled=False)
    page.goto("/profile")
    page.get_by_role("button", name="Notifications").click()
    page.get_by_role("link", name="All", exact=True).click()
    page.get_by_role("button", name="Mark read: Second").click()
    expect(page.get_by_role("button", name="Mark read: Second")).to_be_hidden()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("1 notification marked as read.")).to_be_visible()


def test_how_the_bell_and_the_list_look(ann, look_at):
    look_at("notifications-none", reverse("notifications"), ann)
    look_at("bell-none", "/profile", ann, act=ring)
    tell(ann, *(f"Reprocess is complete: {n * 104:,} leads queued for another run, {n} skipped." for n in range(1, 6)))
    mark_read(ann.notifications.filter(text__contains=": 104"))
    tell(ann, LONG, "استيراد الملف اكتمل")
    look_at("bell", "/profile", ann, act=ring)
    look_at("notifications", reverse("notifications"), ann)
    look_at("notifications-no-match", f"{reverse('notifications')}?state=read&user=1", ann)
