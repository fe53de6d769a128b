"""Sessions: how long they last, and the time zone of their pages."""

import pytest
from django.test import Client
from django.utils import timezone

from config.core import enterprise
from config.core.accounts import roles
from config.core.middleware import UserTimeZoneMiddleware
from config.core.models import Enterprise, User
from tests.cast import make_user

PAGE = "/profile"
pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> User:
    user = make_user(roles.ADMIN)
    client.force_login(user)
    return user


@pytest.fixture
def at(time_machine, settings):
    """Move the clock to a minute of a morning on which ten idle minutes sign a person out."""
    settings.IDLE_SECONDS = 600

    def move(minute: int) -> None:
        time_machine.move_to(f"2026-11-21 10:{minute:02d}Z", tick=False)

    return move


def test_who_does_nothing_is_signed_out_and_a_polling_page_is_nobody(client: Client, ada: User, at):
    at(0)
    assert client.get(PAGE).status_code == 200
    for minute in (5, 9):
        at(minute)
        assert client.get(PAGE, headers={"X-Sluice-Poll": "1"}).status_code == 200
    at(11)
    answer = client.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in?next={PAGE}")
    assert client.session["timed_out"], "the sign-in page says why"


def test_a_page_that_only_ever_polls_is_signed_out_too(client: Client, ada: User, at):
    for minute, status in ((0, 200), (9, 200), (11, 401)):
        at(minute)
        assert client.get(PAGE, headers={"X-Sluice-Poll": "1", "HX-Request": "true"}).status_code == status


def test_who_keeps_working_stays_signed_in(client: Client, ada: User, at):
    for minute in (0, 8, 16, 24):
        at(minute)
        assert client.get(PAGE).status_code == 200


def test_the_session_is_not_written_for_every_click(client: Client, ada: User, at, django_assert_num_queries):
    at(0)
    client.get(PAGE)
    before = client.session["seen_at"]
    client.get(PAGE)
    assert client.session["seen_at"] == before
    at(2)
    client.get(PAGE)
    assert client.session["seen_at"] > before


@pytest.mark.parametrize(
    ("shown", "next_page"),
    [
        ("http://testserver/v2/leads?page=2&status=valid", "%2Fv2%2Fleads%3Fpage%3D2%26status%3Dvalid"),
        ("http://testserver/profile#top", "%2Fprofile"),
        ("", ""),
    ],
)
def test_an_htmx_request_without_a_session_sends_the_whole_page_to_sign_in_and_back(client: Client, shown, next_page):
    answer = client.get(PAGE, headers={"HX-Request": "true", "HX-Current-URL": shown})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, f"/sign-in?next={next_page}")


def test_a_polling_page_without_a_session_is_left_as_it_is(client: Client):
    polled = client.get(PAGE, headers={"HX-Request": "true", "X-Sluice-Poll": "1"})
    assert (polled.status_code, polled.has_header("HX-Redirect")) == (401, False)


@pytest.mark.parametrize(("own", "read_in"), [("Asia/Tokyo", "Asia/Tokyo"), ("", "Europe/London")])
def test_times_are_read_in_the_persons_zone_else_in_the_enterprises(rf, own, read_in):
    Enterprise.objects.update(zone="Europe/London")
    enterprise.forget()
    request, seen = rf.get(PAGE), []
    request.user = make_user(roles.ADMIN, zone=own)
    UserTimeZoneMiddleware(lambda _: seen.append(timezone.get_current_timezone_name()))(request)
    assert (seen, timezone.get_current_timezone_name()) == ([read_in], "UTC")


@pytest.mark.django_db
def test_pages_of_somebody_signed_in_are_kept_by_no_browser(client):
    client.force_login(make_user(roles.ADMIN))
    for path in ("/v2/leads", "/v2/campaigns", "/profile"):
        assert "no-store" in client.get(path)["Cache-Control"]
