"""`/metrics`: open to listed addresses alone; queues, rates and failures; no personal data."""

import ipaddress
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config.core.extension_points import QueueSource
from config.core.monitoring import sources
from integrations import monitoring as destinations
from integrations.messages.queue import NewMessage, queue_messages
from integrations.models import Delivery, Destination, Message, OutboundEvent
from integrations.outbound_events import services as events
from leads import health
from leads.models import Lead
from processr.services import add_job
from tests.core.brokers import closed_port

POST = {"url": "https://crm.example/leads", "fields_sent": [{"name": "email", "field": "email"}]}

pytestmark = pytest.mark.django_db


def figures(client: Client, **headers: str) -> dict[str, dict[tuple[str, ...], float]]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = tuple(sample.labels[name] for name in sorted(sample.labels))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


@pytest.mark.parametrize(
    ("allowed", "proxies", "remote", "forwarded", "status"),
    [
        ("127.0.0.0/8,::1", 0, "127.0.0.1", None, 200),
        ("127.0.0.0/8,::1", 0, "::1", None, 200),
        ("127.0.0.0/8,::1", 0, "::ffff:127.0.0.1", None, 200),
        ("127.0.0.0/8,::1", 0, "203.0.113.9", None, 403),
        ("127.0.0.0/8,::1", 0, "203.0.113.9", "127.0.0.1", 403),
        ("127.0.0.0/8,::1", 1, "127.0.0.1", "203.0.113.9", 403),
        ("127.0.0.0/8,::1", 1, "127.0.0.1", "127.0.0.1, 203.0.113.9", 403),
        ("127.0.0.0/8,::1", 1, "127.0.0.1", "127.0.0.1", 200),
        ("127.0.0.0/8,::1", 1, "127.0.0.1", None, 403),
        ("10.1.0.0/16", 1, "127.0.0.1", "10.1.2.3", 200),
        ("10.1.0.0/16", 1, "127.0.0.1", "10.2.2.3", 403),
        ("10.1.0.0/16", 0, "127.0.0.1", None, 403),
        ("2001:db8::/32", 0, "2001:db8::7", None, 200),
        ("127.0.0.0/8", 0, "", None, 403),
    ],
)
def test_only_listed_addresses_read_them(client: Client, settings, allowed, proxies, remote, forwarded, status):
    settings.METRICS_ALLOW = [ipaddress.ip_network(text) for text in allowed.split(",")]
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    answer = client.get("/metrics", headers=headers, REMOTE_ADDR=remote)
    assert answer.status_code == status
    assert status == 200 or "SLUICE_METRICS_ALLOW" in answer.text


def test_requests_are_counted_by_route_and_never_by_address(client: Client):
    def counted() -> dict[tuple[str, ...], float]:
        return figures(client).get("sluice_requests_total", {})

    before = counted()
    client.get("/sign-in?secret=4711")
    client.get("/no/such/page/4711")
    client.post("/webhook/campaign/4711/global-form/12/leads?apikey=4711")
    client.generic("BREW", "/sign-in")
    after = counted()
    grown = {labels: n - before.get(labels, 0) for labels, n in after.items() if n != before.get(labels, 0)}
    webhook = next(labels for labels in grown if labels[1].startswith("webhook_leads"))
    assert (webhook[0], webhook[2]) == ("POST", "4xx")
    assert grown["GET", "sign_in", "2xx"] == grown["GET", "none", "4xx"] == grown[webhook] == 1
    assert {labels[0] for labels in grown} == {"GET", "POST", "other"}
    assert not [labels for labels in after if "4711" in "".join(labels)]


@pytest.mark.sql
def test_queues_and_destinations_are_shown_with_their_ages(client: Client, campaign, make_leads, bob):
    job = add_job(campaign, "http_post", actor=bob, label="CRM of ada@example.com", config=POST)
    waiting = make_leads(campaign, 3)
    Lead.objects.filter(pk__in=[lead.pk for lead in waiting]).update(updated_at=timezone.now() - timedelta(seconds=90))
    long_ago = timezone.now() - timedelta(seconds=600)
    Delivery.objects.create(lead=waiting[0], job=job, not_before=long_ago)
    Delivery.objects.create(lead=waiting[1], job=job, not_before=timezone.now() + timedelta(hours=1))
    Delivery.objects.create(lead=waiting[2], job=job, state=Delivery.State.NEEDS_PERSON)
    shown = figures(client)
    here = (str(campaign.pk), str(job.pk), "http_post")
    assert shown["sluice_database_up"][()] == shown["sluice_broker_up"][()] == 1
    assert shown["sluice_queue_size"]["leads",] == 3
    assert 85 < shown["sluice_queue_age_seconds"]["leads",] < 600
    assert shown["sluice_leads"]["pending",] == 3
    assert (shown["sluice_deliveries_waiting"][here], shown["sluice_deliveries_needing_a_person"][here]) == (2, 1)
    assert shown["sluice_delivery_age_seconds"][here] > 590
    assert (shown["sluice_queue_size"]["deliveries",], shown["sluice_queue_age_seconds"]["deliveries",] > 590) == (1, True)
    assert shown["sluice_destination_results_total"][*here[:2], "failed", "http_post"] == 0
    assert set(shown["sluice_messages_waiting"]) >= {("processr",), ("sweeps",), ("work",), ("mail",), ("deliveries",)}
    text = client.get("/metrics").text
    assert not re.search("ada@|crm.example|Grace|Hopper", text)


def test_a_destination_that_is_switched_off_is_no_reason_for_an_alarm(campaign, make_leads, bob):
    job = add_job(campaign, "http_post", actor=bob, label="CRM", config=POST)
    Delivery.objects.create(lead=make_leads(campaign, 1)[0], job=job, not_before=timezone.now() - timedelta(days=1))
    assert [queue.size for queue in destinations.queues()] == [1, 0]
    job.enabled = False
    job.save(update_fields=["enabled"])
    assert [(queue.size, queue.age_seconds) for queue in destinations.queues()] == [(0, 0.0)] * 2


@pytest.fixture
def told(campaign, make_leads, bob) -> OutboundEvent:
    """An event with three messages about one lead, of one order, that have been due for ten minutes."""
    event = events.add_event(campaign, {"label": "Tell", "trigger": "valid", "url": "https://hooks.example/", "enabled": True}, actor=bob)
    (lead,) = make_leads(campaign, 1)
    queue_messages([NewMessage("event", event.destination.pk, {}, lead_id=lead.pk, order_key="a")] * 3)
    Message.objects.update(not_before=timezone.now() - timedelta(seconds=600))
    return event


def due_messages() -> tuple[int, bool]:
    (queue,) = (queue for queue in destinations.queues() if queue.name == "outbound messages")
    return queue.size, queue.age_seconds > 590


@pytest.mark.sql
def test_messages_are_due_in_their_order_and_not_where_they_cannot_be_sent(client: Client, told):
    """One that waits for an earlier one is not due: only the first counts, and none while that needs a person."""
    assert due_messages() == (1, True)
    assert figures(client)["sluice_queue_size"]["outbound messages",] == 1
    Message.objects.filter(pk=Message.objects.earliest("pk").pk).update(state="needs_person")
    assert due_messages() == (0, False)
    assert figures(client)["sluice_outbound_messages_needing_a_person"][()] == 1
    Message.objects.update(state="queued", order_key="")
    assert due_messages() == (3, True)
    for columns in ({"enabled": False}, {"removed_at": timezone.now()}):
        OutboundEvent.objects.update(**columns)
        assert due_messages() == (0, False)
        OutboundEvent.objects.update(enabled=True, removed_at=None)


@pytest.mark.sql
def test_what_waits_for_a_destination_is_not_late_and_the_destination_is_counted(client: Client, told, campaign, make_leads, bob):
    job = add_job(campaign, "http_post", actor=bob, label="CRM", config=POST)
    Delivery.objects.create(lead=make_leads(campaign, 1)[0], job=job, not_before=timezone.now() - timedelta(days=1))
    Destination.objects.create(job=job)
    assert [queue.size for queue in destinations.queues()] == [1, 1]
    assert figures(client)["sluice_destinations_waiting"]["unreachable",] == 0
    Destination.objects.update(waits_for="unreachable", waits_until=timezone.now() + timedelta(minutes=5))
    assert [queue.size for queue in destinations.queues()] == [0, 0]
    assert figures(client)["sluice_destinations_waiting"]["unreachable",] == 2
    Destination.objects.update(waits_until=timezone.now() - timedelta(minutes=5))
    assert [queue.size for queue in destinations.queues()] == [1, 1]


def test_the_number_of_destinations_is_bounded(campaign, bob, monkeypatch):
    monkeypatch.setattr(destinations, "MOST_DESTINATIONS", 2)
    for label in "abc":
        add_job(campaign, "http_post", actor=bob, label=label, config=POST)
    families = {family.name: family for family in destinations.destinations()}
    assert families["sluice_destinations_left_out"].samples[0].value == 1
    assert len(families["sluice_deliveries_waiting"].samples) == 2


def test_a_database_that_does_not_answer_in_time_is_a_figure_and_no_error(client: Client, monkeypatch):
    def asleep():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")
        return []

    monkeypatch.setattr(sources, "LIMIT", "50ms")
    monkeypatch.setattr(sources.extension_points, "queue_sources", {"asleep": QueueSource(asleep, "LATE_RUN_SECONDS")})
    shown = figures(client)
    assert (shown["sluice_database_up"][()], "sluice_queue_size" in shown) == (0, False)
    assert shown["sluice_broker_up"][()] == 1


def test_a_broker_that_is_away_is_a_figure_and_no_error(client: Client, settings):
    settings.CELERY_BROKER_URL = closed_port()
    shown = figures(client)
    assert (shown["sluice_broker_up"][()], shown["sluice_database_up"][()]) == (0, 1)


@pytest.mark.parametrize("sql", [health._WAITING, destinations._DUE, destinations._DUE_MESSAGES, destinations._STATES])
def test_no_figure_reads_a_large_table_from_end_to_end(sql):
    """As the planner would do it in a table that is never small enough to be read at once."""
    parameters = [9] if sql is health._WAITING else {"types": ["http_post"], "cap": 9, "jobs": [1]}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert not re.search("Seq Scan on (leads_lead|integrations_delivery|integrations_message)", plan), plan
