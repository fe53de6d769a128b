"""Error pages: their status, words and frame."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import OperationalError

from config.core.accounts import roles
from tests.cast import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.screens.people")]


@pytest.fixture
def client(client):
    client.raise_request_exception = False
    client.force_login(make_user(roles.ADMIN))
    return client


def test_an_unknown_address_has_a_way_out_and_a_reference(client):
    answer = client.get("/nowhere", headers={"X-Request-ID": "ref-12345678"})
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()
    assert "Reference ref-12345678" in answer.content.decode()


def test_a_mistake_of_ours_shows_its_reference_and_not_itself(client):
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert re.search(r"Reference \w{32}", answer.content.decode())
    assert "secret" not in answer.content.decode()


def test_a_database_that_is_away_is_said_as_such_wherever_it_is_missed_first(client, monkeypatch):
    def away(*_):
        raise OperationalError("gone")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore._get_session_from_db", away)
    page, machine = client.get("/people"), client.get("/webhook/anything")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "cannot be reached" in page.content.decode()
    assert (machine.status_code, machine.json()) == (503, {"code": 503, "message": ""})


def test_machines_read_json_where_people_read_a_page(client):
    answer = client.get("/api/nothing")
    assert (answer.status_code, answer.json()) == (404, {"code": 404, "message": ""})
    answer = client.get("/api/v4/nothing")
    assert (answer.status_code, answer.json()["@type"]) == (404, "hydra:Error")


def test_a_refusal_keeps_the_frame_for_people_who_are_signed_in(client):
    for address, status, words in (("/nowhere", 404, "There is nothing here"), ("/refused", 403, "Not for you")):
        page = client.get(address)
        assert (page.status_code, words in page.content.decode()) == (status, True)
        assert 'class="rail"' in page.content.decode(), "they can go on from there"
        assert '<nav class="crumbs"' in page.content.decode()


def test_it_has_no_frame_for_strangers_fragments_and_those_who_have_to_change_their_password(client):
    assert 'class="rail"' not in client.get("/nowhere", headers={"HX-Request": "true"}).content.decode()
    type(make_user(roles.ADMIN)).objects.update(password_expired=True)
    assert 'class="rail"' not in client.get("/nowhere").content.decode()
    client.logout()
    page = client.get("/nowhere")
    assert (page.status_code, 'class="rail"' in page.content.decode()) == (404, False)


def test_a_frame_that_cannot_be_read_is_left_out(client, monkeypatch):
    def away(*_):
        raise OperationalError("gone")

    monkeypatch.setattr("config.core.context_processors.unread_count", away)
    page = client.get("/nowhere")
    assert (page.status_code, "There is nothing here" in page.content.decode()) == (404, True)
    assert 'class="rail"' not in page.content.decode()


def test_a_page_that_the_role_may_not_open_says_who_can_change_that(client):
    client.force_login(make_user(roles.REPORT))
    page = client.get("/people").content.decode()
    assert "Your role may not open this page (Admin can change that: the role of the user" in page


@pytest.mark.urls("config.urls")
def test_an_address_that_only_takes_forms_says_so_in_the_frame(client, campaign):
    addresses = [
        f"/v2/campaigns/{campaign.pk}/value_transforms/switch",
        "/sign-out",
        "/v2/system/suppression-list/email/remove",
    ]
    for address in addresses:
        page = client.get(address)
        assert (page.status_code, "POST" in page["Allow"], "Content-Security-Policy" in page) == (405, True, True), address
        assert [part in page.content.decode() for part in ("only takes what a button", "Skip to content", "Back to where you were")] == [
            True
        ] * 3


@pytest.mark.urls("config.urls")
@pytest.mark.parametrize(
    ("headers", "place"),
    [
        ({"referer": "http://testserver/v2/campaigns/1/value_transforms?tab=a"}, "/v2/campaigns/1/value_transforms?tab=a"),
        ({"hx-request": "true", "hx-current-url": "http://testserver/v2/leads#x"}, "/v2/leads"),
        ({}, ""),
    ],
)
def test_a_form_sent_after_the_session_leads_back_to_its_page(client, headers, place):
    client.logout()
    answer = client.post("/v2/campaigns/1/value_transforms/switch", headers=headers)
    address = urlsplit(answer.headers.get("Location") or answer.headers["HX-Redirect"])
    assert parse_qs(address.query, keep_blank_values=True) == {"next": [place], "unsent": ["1"]}
    assert "was not carried out" in client.get(address.geturl()).content.decode()
    assert "was not carried out" not in client.get("/sign-in?next=/").content.decode()
