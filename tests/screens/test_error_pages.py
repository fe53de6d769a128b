"""What a person reads when something went wrong."""

import re

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
