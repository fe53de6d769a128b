"""A message is shown by the page that it leads to, and by no other one."""

import pytest
import time_machine
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.test import Client
from django.urls import include, path

from config.core.accounts import roles
from config.core.notifications import page_messages
from tests.cast import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.notifications.test_page_messages")]


def save(request, to: str = "/done?tab=2#job-7") -> HttpResponse:
    messages.success(request, request.POST.get("word", "Saved."))
    return HttpResponseRedirect(request.POST.get("to", to))


def shown(request) -> HttpResponse:
    return render(request, "core/no_pages.html")


def onward(_request) -> HttpResponse:
    return redirect("/done")


def partly(request) -> HttpResponse:
    """A fragment that changes a part of a page, with a message for the page itself."""
    messages.success(request, "Later.")
    return HttpResponse("part")


def both(request) -> HttpResponse:
    messages.error(request, "Refused.")
    return render(request, "core/no_pages.html")


urlpatterns = [
    path("save", save), path("done", shown), path("other", shown), path("onward", onward), path("partly", partly), path("both", both),
    path("", include("config.core.urls")),
]  # fmt: skip


@pytest.fixture
def browser() -> Client:
    browser = Client()
    browser.force_login(make_user(roles.ADMIN))
    return browser


def told(browser: Client, address: str, **headers: str) -> list[str]:
    page = browser.get(address, headers=headers)
    assert page.status_code == 200
    return [word for word in ("Saved.", "Later.", "Refused.", "One.", "Two.") if word in page.content.decode()]


def test_it_is_shown_once_by_the_page_of_the_redirect(browser):
    answer = browser.post("/save")
    assert told(browser, answer["Location"].partition("#")[0]) == ["Saved."]
    assert told(browser, "/done?tab=2") == []


@pytest.mark.parametrize("other", ["/other", "/done", "/done?tab=1", "/nowhere", "/profile"])
def test_another_tab_neither_shows_it_nor_takes_it_away(browser, other):
    browser.post("/save")
    assert "Saved." not in browser.get(other).content.decode()
    assert told(browser, "/done?tab=2") == ["Saved."]


def test_two_tabs_have_theirs_each(browser):
    browser.post("/save", {"word": "One.", "to": "/done"})
    browser.post("/save", {"word": "Two.", "to": "/other"})
    assert (told(browser, "/other"), told(browser, "/done")) == (["Two."], ["One."])


def test_it_goes_along_with_further_redirects(browser):
    browser.post("/save", {"to": "/onward"})
    assert browser.get("/onward")["Location"] == "/done"
    assert told(browser, "/done") == ["Saved."]


def test_who_comes_later_comes_for_something_else(browser):
    with time_machine.travel("2026-11-20 12:00:00Z", tick=False) as clock:
        browser.force_login(make_user(roles.ADMIN))
        browser.post("/save", {"to": "/done"})
        clock.shift(page_messages.SHOWN_WITHIN + 1)
        assert told(browser, "/done") == []


def test_a_page_that_answers_by_itself_shows_its_own(browser):
    browser.post("/save", {"to": "/done"})
    assert told(browser, "/both") == ["Refused."]
    assert told(browser, "/done") == ["Saved."]
    assert told(browser, "/both") == ["Refused."], "once for each time"


def test_a_fragment_leaves_its_message_to_the_page_around_it(browser):
    browser.get("/partly", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/done?tab=2"})
    assert told(browser, "/other") == []
    assert told(browser, "/done?tab=2") == ["Later."]


@pytest.mark.parametrize("address", ["https://elsewhere.example/done", "//elsewhere.example", "", "?tab=2", "/done?tab=%E2%9C%93", "/ü"])
def test_whatever_the_address_nothing_breaks(browser, address):
    answer = browser.post("/save", {"to": address or "/save"})
    assert answer.status_code == 302
    assert told(browser, "/other") == []


def test_messages_of_the_earlier_way_of_keeping_them_are_dropped(browser):
    session = browser.session
    session["_messages"] = '[["__json_message",0,25,"Saved.",""]]'
    session.save()
    assert told(browser, "/done") == []


def test_a_request_without_messages_reads_and_writes_no_session():
    answer = Client().get("/sign-in")
    assert "sessionid" not in "".join(answer.cookies)
    assert Client().get("/nowhere").status_code == 404
