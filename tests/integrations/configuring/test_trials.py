"""Trials, made by workers: a slow receiver holds up one trial only."""

import re
from datetime import timedelta
from threading import Event
from time import monotonic

import pytest
from django.urls import reverse
from django.utils import timezone

from config.core import http
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.background import runs
from config.core.credentials import encryption
from config.core.errors import DomainError
from config.core.models import AuditEntry
from integrations.delivery.test_send import TestSendRun
from integrations.kinds.http_post import HttpPost
from leads.models import Lead
from processr.models import Trial
from processr.services import trials, try_job
from processr.services.trials import TrialRequest
from tests.core.outbound.servers import RawServer
from tests.integrations.configuring.typing import MAPPING, at, typed
from tests.processr.planned import job as planned

pytestmark = pytest.mark.django_db
CHECK = {
    "method": "GET", "send_as": "query", "fields_sent": [], "headers": [], "credential": "", "credential_place": "bearer", "seconds": 5,
    "tries": 1, "side_by_side": 1, "keep_minutes": 0, "look_at": "status", "passing": ["200"], "failing": [], "otherwise": "error", "reason": "No",
}  # fmt: skip


@pytest.fixture
def person(reader):
    return reader()


@pytest.fixture
def begin(campaign, person):
    """begin(url): a test that waits for a worker."""

    def begin(url: str = "https://crm.example/", *, lead: Lead | None = None, **config) -> TestSendRun:
        job = planned(id=0, type="http_post", label="CRM", config={"fields_sent": MAPPING, "url": url, "seconds": 30, **config})
        request = TrialRequest(job, lead.pk if lead else None)
        return trials.begin(TestSendRun, campaign, request, user=person.user, actor=Actor("Ann", person.user.pk))

    return begin


@pytest.fixture
def shown(campaign, person):
    def show(work) -> str:
        return person.get(reverse("processr_trial", args=[campaign.pk, work.run.pk])).words

    return show


@pytest.fixture
def silent():
    """A receiver that takes the request and never answers."""
    server = RawServer(lambda line: (server.head(line), server.over.wait(20)))
    yield server
    server.close()


def worked_on(work):
    runs.work_on(type(work), work.run.pk)
    return type(work)(type(work).rows().get(pk=work.run.pk))


def since(work, **columns: float) -> None:
    Trial.objects.filter(pk=work.run.pk).update(**{name: timezone.now() - timedelta(seconds=age) for name, age in columns.items()})


def test_each_state_is_shown_and_polled_until_it_is_over(campaign, begin, person, shown):
    work = begin()
    address = reverse("processr_trial", args=[campaign.pk, work.run.pk])
    page = person.get(address).html
    assert "Waiting for a worker." in page
    assert f'hx-get="{address}"' in page
    assert f'formaction="{address}/stop"' in page
    assert f'<a href="{address}">Look again</a>' in page, "without scripts"
    runs.claim(TestSendRun, work.run.pk)
    assert "It is being sent." in shown(work)
    person.post(f"{address}/stop")
    assert "Stopping." in shown(work)
    Trial.objects.update(state="stopped")
    page = person.get(address).html
    assert "Stopped. What was sent may have arrived." in page
    assert "hx-get" not in page.partition('id="trial-')[2]


@pytest.mark.parametrize(
    ("state", "ages", "words"),
    [
        ("queued", {"created_at": 13}, "no worker was free within 10 seconds, so nothing was sent"),
        ("running", {"created_at": 20, "started_at": 13}, "The worker broke off. What was sent may have arrived."),
    ],
)
def test_nobody_waits_for_a_worker_that_is_gone(begin, shown, state, ages, words):
    work = begin()
    Trial.objects.update(state=state)
    since(work, **ages)
    assert words in shown(work)


def test_a_trial_that_no_worker_took_in_time_is_not_made_late(receiver, begin):
    server = receiver()
    work = begin(server.url)
    since(work, created_at=11)
    assert (worked_on(work).run.error, server.connections) == (trials.NOT_BEGUN, 0)


def test_a_trial_whose_worker_died_is_not_made_again(receiver, begin):
    server = receiver()
    work = begin(server.url)
    runs.claim(TestSendRun, work.run.pk)
    since(work, created_at=32, started_at=31.5, beat_at=31)
    assert (worked_on(work).run.error, server.connections) == (trials.WORKER_LOST, 0)
    assert [entry.action for entry in AuditEntry.objects.filter(page="Integrations").order_by("pk")] == ["test asked for", "test failed"]


def test_a_slow_receiver_is_given_up_and_what_was_sent_is_shown(silent, begin, shown, monkeypatch):
    monkeypatch.setattr(trials, "SECONDS", 4.0)
    monkeypatch.setattr(trials, "SETTLE_SECONDS", 3.0)
    began = monotonic()
    work = worked_on(begin(silent.url))
    assert monotonic() - began < 15, "the settings would have waited 30 seconds"
    words = shown(work)
    assert "Timed out: a test waits 10 seconds at most" in words
    assert "did not answer in time" in words
    assert "Would need a person with the sample" in words
    assert "Idempotency-Key" in words


def test_a_call_that_heeds_no_limit_is_left_alone(begin, monkeypatch):
    monkeypatch.setattr(trials, "SECONDS", 0.6)
    over = Event()
    monkeypatch.setattr(HttpPost, "send", lambda *_: over.wait(20))
    work = worked_on(begin())
    over.set()
    assert (work.run.state, work.run.error) == ("failed", trials.TIMED_OUT)


def test_a_stop_ends_a_trial_at_once(begin, silent, shown, monkeypatch):
    call = TestSendRun.call

    def call_after_stop(self, ask):
        Trial.objects.filter(pk=self.run.pk).update(stop_asked=True)
        return call(self, ask)

    monkeypatch.setattr(TestSendRun, "call", call_after_stop)
    monkeypatch.setattr(trials, "LOOK_EVERY", 0.02)
    began, work = monotonic(), worked_on(begin(silent.url))
    assert (work.run.state, monotonic() - began < 3) == ("stopped", True)
    assert "Stopped. What was sent may have arrived." in shown(work)
    assert AuditEntry.objects.filter(action="test stopped").count() == 1


def test_a_stop_before_the_beginning_sends_nothing(campaign, receiver, begin, person):
    server = receiver()
    work = begin(server.url)
    page = person.post(reverse("processr_trial_stop", args=[campaign.pk, work.run.pk]))
    assert "Stopped. Nothing was sent." in page.words
    assert (worked_on(work).run.state, server.connections) == ("stopped", 0)
    again = person.post(reverse("processr_trial_stop", args=[campaign.pk, work.run.pk]))
    assert again.status == 200, "what is over is shown"


def test_a_trial_is_for_the_person_who_began_it_as_long_as_they_may(campaign, reader, person, begin, make_leads, receiver):
    (lead,) = make_leads(campaign, email="anna@example.com")
    work = worked_on(begin(receiver(b"anna@example.com is in").url, lead=lead))
    address = reverse("processr_trial", args=[campaign.pk, work.run.pk])
    assert "anna@example.com" in person.get(address).words
    assert {role: reader(role).get(address).status for role in (roles.ADMIN, roles.SUPER, roles.PUBLISHER)} == {
        roles.ADMIN: 404, roles.SUPER: 404, roles.PUBLISHER: 403,
    }  # fmt: skip
    users = type(person.user).objects.filter(pk=person.user.pk)
    users.update(role=roles.ADMIN_MASKED)
    assert person.get(address).status == 404
    users.update(role=roles.SUPER)
    assert "anna@example.com" not in person.get(address).words
    Lead.objects.filter(pk=lead.pk).update(deleted_at=timezone.now())
    assert person.get(address).status == 404


def test_rights_are_asked_again_when_the_trial_is_made(begin, person, receiver):
    server = receiver()
    work = begin(server.url)
    type(person.user).objects.filter(pk=person.user.pk).update(role=roles.ADMIN_MASKED)
    assert (worked_on(work).run.error, server.connections) == (trials.NOT_ALLOWED, 0)


def test_nobody_fills_the_queue(campaign, begin, person, reader, receiver):
    for _ in range(trials.AT_A_TIME):
        last = begin()
    with pytest.raises(DomainError) as refusal:
        begin()
    assert (refusal.value.status, refusal.value.message) == (429, trials.TOO_MANY)
    assert (
        "Not sent. Correct this first. You have 2 trials or tests under way"
        in person.post(at(campaign), **typed("https://a.example/")).words
    )
    counts = {"job-label": "Check", "job-stage": "10", "job-score": "1", "job-on_error": "error"}
    fields = {**counts, **{name: str(value) for name, value in CHECK.items() if not isinstance(value, list)}, "passing": "200"}
    trial = {**fields, "url": "https://a.example/", "act": "try", "try-pasted": "a=b"}
    assert "You have 2 trials or tests under way" in person.post(f"/v2/campaigns/{campaign.pk}/processr/add/http_check", **trial).words
    assert "Waiting for a worker." in reader().post(at(campaign), **typed("https://a.example/")).words, "others are not held up"
    runs.stop(last, actor=Actor("Ann"))
    begin()


def test_what_is_tried_and_what_came_of_it_is_sealed_and_kept_for_some_minutes(begin, receiver, make_leads, campaign):
    (lead,) = make_leads(campaign, email="anna@example.com")
    work = begin(receiver(b"welcome anna").url, lead=lead)
    worked_on(work)
    row = Trial.objects.values().get()
    assert not any(word in repr(row) for word in ("anna", "crm.example", "welcome", "127.0.0.1"))
    assert "welcome anna" in encryption.unseal(row["result"])
    since(work, created_at=trials.KEPT.total_seconds() - 5)
    runs.sweep()
    assert Trial.objects.exists()
    since(work, created_at=trials.KEPT.total_seconds() + 5)
    assert trials.trial_seen_by(work.user, campaign, work.run.pk) is None
    runs.sweep()
    assert not Trial.objects.exists()


def test_a_job_that_asks_a_provider_is_tried_by_a_worker_too(campaign, person, receiver, make_leads):
    (lead,), server = make_leads(campaign, email="anna@example.com"), receiver(status="200 OK")
    job = planned(id=0, type="http_check", config={**CHECK, "url": f"{server.url}/{{email}}"})
    work = trials.begin(try_job.JobTrial, campaign, TrialRequest(job, lead.pk), user=person.user, actor=Actor("Ann", person.user.pk))
    assert server.connections == 0
    worked_on(work)
    page = person.get(reverse("processr_trial", args=[campaign.pk, work.run.pk]))
    assert f"Passed for lead {lead.pk}" in page.words
    assert re.findall("GET /(.*?) ", server.heads[0]) == ["anna%40example.com"]
    assert AuditEntry.objects.filter(action="job tried on a lead").count() == 1


def test_the_message_goes_to_workers_that_do_nothing_else(begin, settings, monkeypatch):
    queues = []
    monkeypatch.setattr(runs, "notify_workers", lambda queue, *_: queues.append(queue))
    begin()
    assert queues == list(settings.TRIAL_QUEUES)
    assert not {*settings.TRIAL_QUEUES} & {*settings.WORK_QUEUES, *settings.DELIVERY_QUEUES}


def test_no_request_calls_out(campaign, person, receiver, monkeypatch):
    """Whatever view it is: the client itself refuses."""
    server = receiver()
    monkeypatch.setattr(trials, "begin", lambda *_, **__: http.request("GET", server.url))
    assert person.client.post(at(campaign), typed(server.url)).status_code == 500
    assert server.connections == 0
    assert http.request("GET", server.url).status == 201, "outside of requests it does"
