"""The limits of destinations: calls in any minute, caps, delivery hours. What is over them waits, and says so."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from config.core.models import Enterprise
from integrations.delivery import limits, scheduler
from integrations.models import Destination, Message, SentCount
from tests.integrations.engine.conftest import deliveries, due_now, plays, sent, valid
from tests.integrations.engine.conftest import states as delivery_states
from tests.integrations.messages.conftest import queue, states

pytestmark = pytest.mark.django_db
__all__ = ["plays", "valid"]


def _wait_of(destination: Destination) -> tuple[str, float]:
    destination.refresh_from_db()
    return destination.waits_for, (destination.waits_until - timezone.now()).total_seconds()


@pytest.mark.sql
def test_at_most_so_many_calls_in_any_minute(campaign, event_to, receiver):
    destination = event_to(campaign, receiver.url("ok"), per_minute=3)
    queue(destination, *map(str, range(8)))
    assert scheduler.serve_destinations(seconds=5) is False, "nobody is called again before the minute is over"
    assert (len(receiver.got), states().count("queued")) == (3, 5)
    reason, seconds = _wait_of(destination)
    assert reason == "rate"
    assert 55 < seconds <= 60

    # Half a minute later two of them are still within the last minute.
    first = Message.objects.filter(state="sent").earliest("pk")
    Message.objects.filter(pk=first.pk).update(answered_at=timezone.now() - timedelta(seconds=61))
    Destination.objects.update(waits_until=None)
    scheduler.serve_destinations(seconds=5)
    assert len(receiver.got) == 4


def test_a_limit_counts_deliveries_of_an_integration_and_their_retries(campaign, plays, valid):
    job = plays(campaign, sent, concurrency=4)
    Destination.objects.create(job=job, per_minute=2)
    valid(campaign, 5)
    scheduler.serve_destinations(seconds=5)
    assert sorted(delivery_states()) == ["queued"] * 3 + ["sent"] * 2
    due_now()
    scheduler.serve_destinations(seconds=5)
    assert delivery_states().count("sent") == 2


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_what_is_over_a_cap_waits_for_the_next_period(period, campaign, event_to, receiver):
    destination = event_to(campaign, receiver.url("ok"), **{f"cap_{period}": 4})
    queue(destination, *map(str, range(6)))
    scheduler.serve_destinations(seconds=5)
    assert (states().count("sent"), states().count("queued")) == (4, 2)
    reason, seconds = _wait_of(destination)
    assert reason == "cap"
    assert 0 < seconds <= {"day": 25, "week": 24 * 7 + 1, "month": 24 * 31 + 1}[period] * 3_600
    assert destination.waits_until.astimezone(limits.enterprise.zone()).time().isoformat() == "00:00:00"

    Destination.objects.update(waits_until=None)
    scheduler.serve_destinations(seconds=5)
    assert states().count("sent") == 4, "the cap is asked again, not the wait alone"
    SentCount.objects.all().delete()
    Destination.objects.update(waits_until=None)
    scheduler.serve_destinations(seconds=5)
    assert states().count("sent") == 6


def test_failed_attempts_take_nothing_of_a_cap(campaign, event_to, receiver):
    destination = event_to(campaign, receiver.url("status", code=404), cap_day=2)
    queue(destination, *map(str, range(5)))
    scheduler.serve_destinations(seconds=5)
    assert states() == ["needs_person"] * 5


def test_a_cap_of_deliveries_is_never_passed_however_many_are_sent_at_once(campaign, plays, valid):
    job = plays(campaign, sent, concurrency=8, safe=True)
    Destination.objects.create(job=job, cap_day=7)
    valid(campaign, 30)
    scheduler.serve_destinations(seconds=5)
    assert delivery_states().count("sent") == 7
    assert SentCount.objects.get().n == 7
    assert all(delivery.attempts == 0 for delivery in deliveries() if delivery.state == "queued")


def test_outside_its_hours_a_destination_is_left_alone(campaign, event_to, receiver):
    now = timezone.now().astimezone(limits.enterprise.zone())
    tomorrow = (now.weekday() + 1) % 7
    destination = event_to(campaign, receiver.url("ok"), hours={"weekdays": [tomorrow], "opens": "09:00", "closes": "17:00"})
    queue(destination, "one")
    scheduler.serve_destinations(seconds=5)
    assert states() == ["queued"]
    reason, seconds = _wait_of(destination)
    assert reason == "hours"
    assert 0 < seconds <= 48 * 3_600
    Destination.objects.update(waits_until=None, hours={})
    scheduler.serve_destinations(seconds=5)
    assert states() == ["sent"]


def test_periods_are_those_of_the_enterprises_calendar():
    assert Enterprise.objects.exists()
    spans = limits.periods(datetime(2026, 11, 30, tzinfo=UTC).date())
    assert [tuple(map(str, span)) for span in spans.values()] == [
        ("2026-11-30", "2026-12-01"),
        ("2026-11-30", "2026-12-07"),
        ("2026-11-01", "2026-12-01"),
    ]
    assert str(limits.periods(datetime(2026, 12, 31, tzinfo=UTC).date())["cap_month"][1]) == "2027-01-01"
