"""The frame of pages: navigation, user menu and messages."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone

from config.core import extension_points
from config.core.accounts import roles
from config.core.lists import times
from tests.cast import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.screens.people")]


@pytest.fixture
def rail(monkeypatch):
    items = [
        extension_points.NavItem("Later", "profile", "person", 30),
        extension_points.NavItem("People", "people", "people", 10, roles.SEES_EVERYTHING),
        extension_points.NavItem("Gone", "an_app_that_is_not_there", "x", 20),
    ]
    monkeypatch.setattr(extension_points, "nav_items", items)


def test_the_rail_shows_what_the_role_may_open_in_order(client, rail):
    client.force_login(make_user(roles.ADMIN))
    page = client.get("/profile").content.decode()
    assert page.index(">People<") < page.index(">Later<")
    assert "Gone" not in page
    client.force_login(make_user(roles.PUBLISHER))
    assert ">People<" not in client.get("/profile").content.decode()


def test_the_rail_says_where_one_is(client, rail):
    client.force_login(make_user(roles.ADMIN))
    page = client.get("/people").content.decode()
    assert page.count('aria-current="page"') == 2, "rail and breadcrumb"
    assert 'href="/people" title="People" aria-current="page"' in page


def test_home_is_the_first_page_the_role_may_open(client, rail):
    client.force_login(make_user(roles.ADMIN))
    assert client.get("/")["Location"] == "/people"


def test_a_role_without_pages_is_told_so_instead_of_sent_in_circles(client, monkeypatch):
    monkeypatch.setattr(extension_points, "nav_items", [])
    client.force_login(make_user(roles.REPORT))
    answer = client.get("/")
    assert (answer.status_code, "No page is open to your role" in answer.content.decode()) == (200, True)


def test_the_me_menu_names_person_and_role(client, rail):
    client.force_login(make_user(roles.AGENCY_CALL_CENTRE, name="Ann van der Lee"))
    page = client.get("/profile").content.decode()
    assert "Ann van der Lee" in page
    assert "Agency Call Centre" in page
    assert ">AL</button>" in page


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 11, 21, 13, 2, 11, tzinfo=UTC), "14:02"),
        (datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "00:30"),
        (datetime(2026, 11, 19, 9, 0, tzinfo=UTC), "19 Nov"),
        (datetime(2025, 11, 19, 9, 0, tzinfo=UTC), "19 Nov 2025"),
    ],
)
def test_a_time_is_short_and_in_the_persons_zone(moment, shown):
    with time_machine.travel(datetime(2026, 11, 21, 15, 0, tzinfo=UTC), tick=False), timezone.override("Europe/Berlin"):
        assert times.short(moment) == shown


def test_the_exact_time_with_its_zone_is_there_on_hover():
    with timezone.override("Europe/Berlin"):
        tag = Template("{% load core %}{{ at|when }}").render(Context({"at": datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)}))
    assert 'title="1 Jul 2026, 14:00:05 CEST"' in tag
    assert 'datetime="2026-07-01T12:00:05+00:00"' in tag


def test_a_status_is_always_icon_word_and_colour():
    tag = Template('{% load core %}{% status "invalid" "Invalid" %}').render(Context())
    assert 'class="status status-invalid"' in tag
    assert "bi-x-circle-fill" in tag
    assert ">Invalid<" in tag.replace("</i>Invalid", ">Invalid")


def test_reasons_are_text_in_a_floating_place_of_their_own():
    reasons = ["<b>Duplicate</b>"]
    tag = Template('{% load core %}{% status "invalid" "Invalid" reasons=reasons key="7-qa" %}').render(Context({"reasons": reasons}))
    assert 'popovertarget="reasons-7-qa"' in tag
    assert "&lt;b&gt;Duplicate" in tag


def test_numbers_are_grouped_and_ids_are_not():
    tag = Template("{% load core %}{{ n|grouped }} {{ n }}").render(Context({"n": 12480}))
    assert tag == "12,480 12480"


def test_the_time_of_a_far_day_has_no_hour():
    assert times.short(timezone.now() - timedelta(days=2)).count(":") == 0
