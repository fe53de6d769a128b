"""Middleware and health checks: request ids, log lines, `/healthz` and `/readyz`."""

import logging
from datetime import timedelta

import pytest
from django.conf import settings as ours
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from config.core import client_address, extension_points, health
from config.core.accounts import roles
from config.core.background import runs
from config.core.extension_points import QueueSource, QueueState
from config.core.models import Notification, PasswordRequest
from leads.bulk import BulkActionRun
from leads.models import BulkAction
from tests.cast import make_user
from tests.core.brokers import Broker, closed_port

PAGE = "/sign-in"


def test_the_process_answers_for_itself_without_a_database(client: Client):
    assert client.get("/healthz", headers={"Host": "10.0.0.7:8000"}).json() == {"status": "ok"}


@pytest.fixture
def _joined(monkeypatch):
    """Register a check as upper layers do."""
    monkeypatch.setattr(extension_points, "readiness_checks", {"disk": lambda: "ok"})
    source = QueueSource(lambda: [QueueState("leads", 1, 1.5)], "LATE_LEAD_SECONDS")
    monkeypatch.setattr(extension_points, "queue_sources", {"oldest_waiting_seconds": source})


@pytest.mark.django_db
@pytest.mark.usefixtures("_joined", "own_broker")
def test_readiness_names_database_migrations_broker_and_what_upper_layers_add(client: Client):
    answer = client.get("/readyz")
    checks = {"database": "ok", "migrations": "applied", "disk": "ok", "oldest_waiting_seconds": 1.5, "broker": "ok"}
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": checks})


@pytest.mark.django_db
@pytest.mark.usefixtures("own_broker")
def test_what_is_due_for_longer_than_its_limit_reads_degraded_and_is_named(client: Client, settings):
    """Nobody takes it, so its worker is gone. The oldest delivery is told in `tests/integrations/engine/test_turns.py`."""
    settings.LATE_RUN_SECONDS = settings.LATE_LETTER_SECONDS = 540
    now = timezone.now()
    ago, soon = now - timedelta(seconds=600), now + timedelta(minutes=1)
    run, letter = "oldest_due_run_seconds", "oldest_due_letter_seconds"

    def late() -> list[str]:
        answer = client.get("/readyz")
        named = answer.json().get("late", [])
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded" if named else "ok")
        assert all((answer.json()["checks"][name] or 0) > 540 for name in named)
        return named

    assert late() == []
    action = BulkAction.objects.create(type="reprocess")
    assert 0 <= client.get("/readyz").json()["checks"][run] < 60
    for columns, named in [
        ({"created_at": ago}, [run]), ({"beat_at": now}, []), ({"beat_at": ago}, [run]), ({"state": "running"}, [run]),
        ({"beat_at": now}, []), ({"state": "draft", "beat_at": None}, []), ({"state": "done"}, []),
    ]:  # fmt: skip
        BulkAction.objects.update(**columns)
        assert late() == named, columns
    BulkAction.objects.update(state="draft")
    action.refresh_from_db()
    runs.queue(BulkActionRun(action))
    assert late() == [], "as old as the queue knows it, and not as its draft"
    BulkAction.objects.all().delete()

    Notification.objects.create(user=make_user(roles.ADMIN), kind="x", key="x", text="x", mail_due_at=ago)
    assert late() == [letter]
    for columns, named in [({"mail_due_at": soon}, []), ({"mail_due_at": ago, "read_at": now}, []), ({"mail_due_at": None}, [])]:
        Notification.objects.update(**columns)
        assert late() == named, columns
    PasswordRequest.objects.create(email="x@example.com", due_at=ago)
    assert late() == [letter]
    PasswordRequest.objects.update(due_at=soon)
    assert late() == []


@pytest.mark.sql
@pytest.mark.django_db
def test_without_a_broker_leads_are_still_taken_so_it_reads_degraded(client: Client, broker_at):
    broker_at(closed_port())
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["broker"] not in ("ok", "")


@pytest.mark.django_db
def test_a_frozen_broker_does_not_freeze_readiness(client: Client, own_broker: Broker):
    own_broker.freeze()
    assert client.get("/readyz").json()["status"] == "degraded"
    own_broker.thaw()
    assert client.get("/readyz").json()["status"] == "ok"


@pytest.mark.django_db
def test_until_migrations_are_applied_nothing_is_ready(client: Client, monkeypatch):
    monkeypatch.setattr(health, "_applied", False)
    MigrationRecorder(connection).migration_qs.filter(app="core").latest("name").delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert answer.json()["checks"]["migrations"] == "1 to apply"


@pytest.mark.django_db
def test_a_check_of_an_upper_layer_that_the_database_refuses_makes_it_unavailable(client: Client, monkeypatch):
    def refused():
        raise OperationalError("connection to server at 10.1.2.3 failed: password authentication failed for user sluice")

    monkeypatch.setattr(extension_points, "queue_sources", {"oldest_waiting_seconds": QueueSource(refused, "LATE_LEAD_SECONDS")})
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["oldest_waiting_seconds"]) == (503, "OperationalError")
    assert "10.1.2.3" not in answer.text


@pytest.mark.django_db
def test_a_callers_request_id_comes_back_and_a_strange_one_is_replaced(client: Client):
    assert client.get(PAGE, headers={"X-Request-ID": "partner-4711"})["X-Request-ID"] == "partner-4711"
    ids = {client.get(PAGE, headers={"X-Request-ID": strange})["X-Request-ID"] for strange in ("<script>", "short", "x" * 65)}
    assert len(ids) == 3
    assert all(len(made) == 32 for made in ids)


@pytest.fixture
def line(client: Client, caplog):
    """The one line a request leaves."""

    def ask(path: str, **headers: str):
        with caplog.at_level(logging.INFO, logger="request"):
            caplog.clear()
            client.get(path, headers=headers)
        (record,) = [record for record in caplog.records if record.name == "request"]
        return record.msg

    return ask


@pytest.mark.django_db
def test_a_request_leaves_one_line_with_its_path_and_not_what_was_asked(line):
    told = line(f"{PAGE}?apikey=very-secret", **{"X-Request-ID": "partner-4711"})
    assert (told["path"], told["method"], told["status"], told["request_id"]) == (PAGE, "GET", 200, "partner-4711")
    assert told["ms"] > 0
    assert "very-secret" not in str(told)


@pytest.mark.django_db
def test_a_line_names_the_person_and_not_the_lead_hash(client: Client, line):
    user = make_user("admin")
    client.force_login(user)
    assert line("/profile")["user"] == user.pk
    assert line("/api/webhook/validate/0123456789abcdef0123456789abcdef")["path"] == "/api/webhook/validate/•••"


def test_a_request_leaves_its_line_and_its_id_also_when_the_database_is_away(client: Client, line):
    """No `django_db` mark: whoever asks the database here fails, as where it is away."""
    client.raise_request_exception = False
    client.cookies[ours.SESSION_COOKIE_NAME] = "somebodys"
    assert (line("/profile")["status"], line("/profile")["user"]) == (500, None)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.9", "127.0.0.1"),
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "6.6.6.6, 198.51.100.9", "198.51.100.9"),
        (2, "6.6.6.6, 198.51.100.9, 10.0.0.2", "198.51.100.9"),
        (2, "198.51.100.9", "127.0.0.1"),
        (1, "::ffff:198.51.100.9", "198.51.100.9"),
        (1, "not an address", None),
    ],
)
def test_an_address_is_believed_only_where_our_own_proxies_wrote_it(rf, settings: ours, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    assert client_address.peer(rf.get(PAGE, headers={"X-Forwarded-For": forwarded})) == address
