"""One lead's way through the whole product: posted by a publisher, judged by the engine, seen by an admin on the Leads page."""

import socket
from collections.abc import Iterator

import pytest
from celery import current_app
from django.test import Client
from prometheus_client import REGISTRY

from config.core.accounts import roles
from config.core.background import notify
from leads.models import Lead
from processr import services
from processr.tasks import sweep
from tests.cast import make_user
from tests.intake.sender import JAMES, Sender
from tests.journey.page import cell

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = ("duplicate_email", "first_last_name_match", "test_data")
Messages = list[tuple[str, tuple]]


@pytest.fixture
def jobs(campaign, bob):
    return [services.add_job(campaign, key, actor=bob) for key in JOBS]


@pytest.fixture
def sender(campaign):
    return Sender(campaign)


@pytest.fixture
def screen(db) -> Client:
    client = Client()
    client.force_login(make_user(roles.ADMIN))
    client.post("/v2/leads", {"act": "save", "columns": ["id", "email", "current_status", "processr_status"]})
    return client


@pytest.fixture
def notified(monkeypatch) -> Messages:
    """The messages to the broker, which no worker gets."""
    sent: Messages = []
    forget_notifications(monkeypatch)
    monkeypatch.setattr(current_app, "send_task", lambda task, args, **_: sent.append((task, args)))
    return sent


@pytest.fixture
def no_notifications(monkeypatch) -> Iterator[None]:
    """A broker address at which nobody answers."""
    forget_notifications(monkeypatch)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{nobody.getsockname()[1]}/0")
        yield


def forget_notifications(monkeypatch) -> None:
    """Forget the notifications that this process sent a moment ago, until the test ends."""
    monkeypatch.setattr(notify, "_last", {})
    monkeypatch.setattr(notify.breaker, "open_until", 0.0)


def answer(notified: Messages) -> None:
    """Do what a worker does: the task each notification names."""
    current_app.loader.import_default_modules()
    while notified:
        task, args = notified.pop(0)
        current_app.tasks[task].apply(args, throw=True)


def shown(screen: Client, lead: Lead, label: str) -> str:
    page = screen.get("/v2/leads")
    assert page.status_code == 200
    return cell(page.content.decode(), lead.pk, label)


def test_a_posted_lead_is_announced_judged_and_shown_with_its_status(campaign, jobs, sender, screen, notified):
    lead = sender.lead(sender.post())
    assert shown(screen, lead, "Current Status") == "Pending"

    answer(notified)

    assert shown(screen, lead, "Email") == JAMES["email"]
    assert shown(screen, lead, "Current Status") == "Valid"
    assert shown(screen, lead, "Processr Status") == "Complete"


def test_a_lead_that_comes_again_is_shown_as_invalid_with_the_reason(campaign, jobs, sender, screen, notified):
    first, again = sender.lead(sender.post()), sender.lead(sender.post({**JAMES, "email": "JButt@Example.com"}))

    answer(notified)

    assert shown(screen, first, "Current Status") == "Valid"
    assert shown(screen, again, "Current Status").startswith("Invalid")
    assert "The e-mail address was already received on this campaign" in shown(screen, again, "Current Status")


def test_without_any_notification_the_sweep_alone_gets_a_lead_judged(campaign, jobs, sender, screen, no_notifications):
    failed_before = REGISTRY.get_sample_value("sluice_notification_failures_total")
    lead = sender.lead(sender.post())
    assert REGISTRY.get_sample_value("sluice_notification_failures_total") == failed_before + 1
    assert shown(screen, lead, "Current Status") == "Pending"

    sweep()

    assert shown(screen, lead, "Current Status") == "Valid"
    assert Lead.objects.get(pk=lead.pk).processing_counter == 1


def test_a_lead_without_jobs_is_held_and_shown_so_until_somebody_adds_one_and_processes_it(campaign, sender, screen, notified, bob):
    lead = sender.lead(sender.post())
    answer(notified)
    assert shown(screen, lead, "Processr Status") == "On Hold - No Job Assigned"

    services.add_job(campaign, "duplicate_email", actor=bob)
    services.process_held(campaign.pk, actor=bob)
    answer(notified)

    assert shown(screen, lead, "Current Status") == "Valid"
