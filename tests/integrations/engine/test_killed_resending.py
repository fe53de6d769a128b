"""kill -9 of a run that sends again what failed, and limits that several workers keep together."""

from datetime import timedelta
from multiprocessing import get_context

import pytest
from django.db import connection
from django.utils import timezone

from config.core.background import runs
from integrations import actions, integrity, services
from integrations.actions import ResendRun, begin_resend
from integrations.delivery import scheduler
from integrations.models import Delivery, DeliveryAction, Destination
from tests.embedded.installation import until
from tests.integrations.engine import worker
from tests.integrations.engine.conftest import deliveries
from tests.module_cast import ANEW

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)


def killed_in_second_chunk(action: DeliveryAction) -> None:
    """Its deliveries are queued by then, and nothing of that chunk is committed."""
    fork = get_context("fork")
    reached, never = fork.Event(), fork.Event()

    class Hangs(ResendRun):
        def write(self, part):
            progress = super().write(part)
            if part:
                reached.set()
                never.wait()
            return progress

    def work() -> None:
        connection.connection = None  # not closed: the session is the parent's
        runs.work_on(Hangs, action.pk)

    process = fork.Process(target=work)
    process.start()
    try:
        until(reached.is_set, "the second chunk is under way", within=60)
    finally:
        process.kill()
        process.join()


def test_a_resend_whose_worker_is_killed_is_finished_and_sends_nothing_twice(campaign, post_to, valid, receiver, bob, monkeypatch):
    for module in (services, actions):
        monkeypatch.setattr(module, "AT_MOST", 4)
    job = post_to(campaign, receiver.url("ok"))
    valid(campaign, 14)
    now = timezone.now()
    tried = {"attempts": 1, "answered_at": now, "first_tried_at": now, "answer": "Answered 404 Not Found", "status": 404}
    Delivery.objects.update(state="needs_person", **tried)
    later = list(Delivery.objects.order_by("-pk").values_list("pk", flat=True)[:3])
    Delivery.objects.filter(pk__in=later).update(state="queued", not_before=now + timedelta(hours=4))
    action = begin_resend(job, now - timedelta(hours=1), actor=bob)

    killed_in_second_chunk(action)
    until(lambda: Delivery.objects.filter(state="needs_person").count() == 7, "the chunk that was not committed is undone", within=20)
    scheduler.serve_destinations(seconds=20)
    assert len(receiver.got) == 4

    DeliveryAction.objects.update(beat_at="2020-01-01T00:00Z")
    assert runs.waiting(ResendRun) == [action.pk]
    runs.work_on(ResendRun, action.pk)
    action.refresh_from_db()
    assert (action.state, action.done, action.failed) == ("done", 14, 0)
    scheduler.serve_destinations(seconds=20)
    assert sorted(event for event, _ in receiver.got) == sorted(one.event_id for one in deliveries())
    assert {one.state for one in deliveries()} == {"sent"}
    assert integrity.deliveries() == []


def test_two_workers_together_make_no_more_calls_than_a_minute_allows(campaign, make_campaign, post_to, valid, receiver):
    """Each of two destinations has its own limit, and any worker serves both."""
    jobs = [post_to(where, receiver.url("ok"), again=True) for where in (campaign, make_campaign("Autumn"))]
    Destination.objects.bulk_create(Destination(job=job, per_minute=5) for job in jobs)
    for job in jobs:
        valid(job.campaign, 20)
    for minute in (1, 2):
        workers = [worker.start(), worker.start()]
        for process in workers:
            process.join(60)
        assert [process.exitcode for process in workers] == [0, 0]
        called = {event for event, _ in receiver.got}
        assert len(receiver.got) == len(called) == 10 * minute
        assert [sum(one.event_id in called for one in deliveries(job)) for job in jobs] == [5 * minute] * 2
        Delivery.objects.filter(state="sent").update(answered_at=timezone.now() - timedelta(seconds=60 * (3 - minute) + 1))
        Destination.objects.update(waits_until=None)
