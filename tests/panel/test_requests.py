"""Around every request: its id, its log line, health, and what is said when something broke."""

import json
import logging

import pytest
from django.db import OperationalError
from django.test import override_settings

from config import logs
from config.panel import health, roles
from tests.cast import make_user

WEBHOOK = "/webhook/campaign/1/links"


def test_the_process_answers_for_itself_without_a_database(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readiness_names_database_migrations_broker_and_the_oldest_waiting_lead(client, campaign, make_leads):
    assert client.get("/readyz").json()["checks"] == {
        "database": "ok",
        "migrations": "applied",
        "broker": "ok",
        "oldest_waiting_seconds": None,
    }
    make_leads(campaign)
    assert client.get("/readyz").json()["checks"]["oldest_waiting_seconds"] >= 0


@pytest.mark.django_db
@override_settings(CELERY_BROKER_URL="redis://127.0.0.1:1/0")
def test_without_a_broker_leads_are_still_taken_so_it_reads_degraded(client, monkeypatch):
    monkeypatch.setattr(health, "broker", lambda: "unreachable (OperationalError)")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_without_a_database_nothing_is_ready(client, monkeypatch):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr(health, "database", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (503, {"database": "OperationalError"})


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "status"), [(OperationalError("gone"), 503), (ValueError("secret inside"), 500)])
def test_a_machine_reads_json_and_never_the_exception(client, monkeypatch, error, status):
    def breaks(*_args, **_kwargs):
        raise error

    client.raise_request_exception = False
    monkeypatch.setattr("campaigns.doors.find", breaks)
    monkeypatch.setattr("campaigns.models.Campaign.objects.filter", breaks)
    answer = client.post("/webhook/campaign/1/global-form/1/leads?apikey=x")
    assert (answer.status_code, json.loads(answer.content)) == (status, {"code": status, "message": ""})
    assert answer.has_header("Retry-After") is (status == 503)


@pytest.mark.django_db
def test_a_callers_request_id_comes_back_and_a_strange_one_is_replaced(client):
    assert client.get(WEBHOOK, headers={"X-Request-ID": "partner-4711"})["X-Request-ID"] == "partner-4711"
    assert client.get(WEBHOOK, headers={"X-Request-ID": "<script>"})["X-Request-ID"] != "<script>"


@pytest.mark.django_db
def test_the_log_line_has_the_path_and_not_what_was_asked(client, caplog):
    with caplog.at_level(logging.INFO):
        client.get(f"{WEBHOOK}?apikey=very-secret")
    assert WEBHOOK in caplog.text
    assert "very-secret" not in caplog.text


@pytest.mark.parametrize(
    ("event", "secret"),
    [
        ({"event": "called", "apikey": "s3cret"}, "s3cret"),
        ({"event": "GET /x?apikey=s3cret&page=2"}, "s3cret"),
        ({"event": "x", "header": "Authorization: Bearer s3cret.abc"}, "s3cret"),
        ({"event": "x", "exception": "url /y?access_token=s3cret"}, "s3cret"),
        ({"event": "x", "Password": "s3cret"}, "s3cret"),
    ],
)
def test_secrets_are_cut_from_logs(event, secret):
    assert secret not in str(logs.cut_secrets(None, "info", event))


@pytest.fixture
def ada(client):
    user = make_user(roles.ADMIN)
    client.force_login(user)
    return user


@pytest.mark.django_db
def test_who_does_nothing_is_signed_out_and_a_polling_page_is_nobody(client, ada, time_machine, settings):
    settings.IDLE_SECONDS = 600
    time_machine.move_to("2026-11-21 10:00Z", tick=False)
    assert client.get("/v2/leads").status_code == 200
    for minute in (5, 9):
        time_machine.move_to(f"2026-11-21 10:{minute:02d}Z", tick=False)
        assert client.get("/v2/leads", headers={"X-Sluice-Poll": "1"}).status_code == 200
    time_machine.move_to("2026-11-21 10:11Z", tick=False)
    answer = client.get("/v2/leads")
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in")


@pytest.mark.django_db
def test_who_keeps_working_stays_signed_in(client, ada, time_machine, settings):
    settings.IDLE_SECONDS = 600
    for minute in (0, 8, 16, 24):
        time_machine.move_to(f"2026-11-21 10:{minute:02d}Z", tick=False)
        assert client.get("/v2/leads").status_code == 200


@pytest.mark.django_db
def test_an_htmx_request_without_a_session_sends_the_whole_page_to_sign_in(client):
    answer = client.get("/v2/leads", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/v2/leads?page=2"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/sign-in?next=%2Fv2%2Fleads%3Fpage%3D2")
    polled = client.get("/v2/leads", headers={"HX-Request": "true", "X-Sluice-Poll": "1"})
    assert (polled.status_code, polled.has_header("HX-Redirect")) == (401, False)
