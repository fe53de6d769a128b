"""CORS: the webhook is open to browsers on any site, and nothing else is."""

import pytest
from django.db import OperationalError

from config.core.errors import HOSTS

pytestmark = pytest.mark.django_db


def preflight(sender, path: str):
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    return sender.client.options(path, headers=headers)


def test_a_preflight_allows_the_post_and_its_headers_without_a_key(sender):
    answer = preflight(sender, f"/webhook/campaign/{sender.campaign.pk}/global-form/{sender.form.pk}/leads")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert answer["Access-Control-Allow-Headers"] == "Idempotency-Key, Content-Type"


@pytest.mark.parametrize("path", ["v2/{}/global-form/fields", "{}/links"])
def test_a_preflight_allows_reading(sender, path):
    answer = preflight(sender, "/webhook/campaign/" + path.format(sender.campaign.pk))
    assert (answer.status_code, answer["Access-Control-Allow-Methods"]) == (204, "GET, HEAD, OPTIONS")


def test_every_answer_may_be_read_by_a_browser_refusals_too(sender):
    answers = [
        sender.post(),
        sender.post({}),
        sender.post(apikey="no"),
        sender.post(campaign=999999),
        sender.post(publisherId="x"),
        sender.client.get(sender.address()),
    ]
    assert [answer.status_code for answer in answers] == [201, 400, 401, 404, 404, 405]
    assert {answer.get("Access-Control-Allow-Origin") for answer in answers} == {"*"}


@pytest.mark.parametrize(("error", "status"), [(ZeroDivisionError, 500), (OperationalError, 503)])
def test_a_failure_of_ours_may_be_read_by_a_browser_and_when_to_come_again(sender, monkeypatch, error, status):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("leads.api.submit.receive_lead", fail)
    answer = sender.post()
    assert (answer.status_code, answer.content) == (status, b'{"code":%d,"message":""}' % status)
    assert (answer["Access-Control-Allow-Origin"], answer["Access-Control-Expose-Headers"]) == ("*", "Retry-After")
    assert answer.has_header("Retry-After") == (status == 503)


def test_what_django_refuses_before_any_view_may_be_read_too(sender):
    answer = sender.post(headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.json()) == (400, {"code": 400, "message": HOSTS.lifts("This host name is not one of ours.")})
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_other_faces_are_not_open_to_browsers(sender):
    assert not sender.client.get("/api/nothing").has_header("Access-Control-Allow-Origin")


def test_no_cookie_is_set_and_none_is_asked_for(sender):
    assert not sender.post().cookies
    strict = type(sender.client)(enforce_csrf_checks=True)
    assert (
        strict.post(sender.address(), {f"form[{name}]": "a@example.com" for name in ("firstName", "lastName", "email")}).status_code == 201
    )
