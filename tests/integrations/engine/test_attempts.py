"""The result of one attempt, whatever the receiver does. The receiver is another process, called over the network."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import integrity
from integrations.delivery import scheduler
from integrations.models import Delivery
from leads.models import Lead, LeadNote, PriceEntry
from leads.statuses import DeliveryStatus
from processr import integrity as processr_integrity
from processr.engine.tallies import statistics
from processr.models import Event
from tests.integrations.engine.conftest import deliveries, due_now, states
from tests.integrations.engine.receiver import Receiver

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def events() -> list[Event]:
    return list(Event.objects.filter(kind="delivery").order_by("pk"))


def wait_of(delivery: Delivery) -> timedelta:
    assert delivery.answered_at
    return delivery.not_before - delivery.answered_at


def test_a_lead_that_arrived_is_delivered_and_billed_and_its_exchange_is_on_record(campaign, post_to, valid, receiver, caplog):
    job = post_to(campaign, receiver.url("ok", key="s3cr3t"), label="The CRM")
    (lead,) = valid(campaign)
    Lead.objects.filter(pk=lead.pk).update(request_id="partner-4711")

    with caplog.at_level(logging.INFO, logger="integrations.delivery.sender"):
        assert scheduler.serve_destinations(seconds=5) is False

    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempts, delivery.status, delivery.answer) == ("sent", 1, 200, "Answered 200 OK")
    assert delivery.claim is delivery.claimed_at is None
    assert delivery.first_tried_at <= delivery.answered_at == delivery.sent_at
    assert receiver.got == [(delivery.event_id, lead.email)]

    lead = Lead.objects.get(pk=lead.pk)
    assert (lead.delivery_status, lead.advertiser_billable) == (DeliveryStatus.DELIVERED, True)
    assert timedelta(0) <= lead.first_delivered_at - delivery.first_tried_at < MINUTE
    assert PriceEntry.objects.filter(lead=lead, side="advertiser").count() == 1
    assert LeadNote.objects.get(lead_id=lead.pk, kind="delivery").reason == "The CRM"

    (event,) = events()
    assert (event.outcome, event.reason, event.job_id, event.lead_id, event.campaign_id) == (
        "success", "Answered 200 OK", job.pk, lead.pk, campaign.pk,
    )  # fmt: skip
    assert event.message.startswith(f"POST {receiver.url('ok')}")
    assert lead.email in event.message
    assert event.message.endswith('{"taken": true}')
    assert "s3cr3t" not in event.message
    assert event.message[event.source["answer_at"] :].startswith("HTTP/1.1 200 OK")
    assert (event.source["delivery"], event.source["round"], event.source["attempt"], event.source["status"]) == (delivery.pk, 1, 1, 200)
    assert delivery.event_id not in str(event.source)
    assert event.source["request_id"] == "partner-4711"
    (line,) = (record.msg for record in caplog.records if record.name == "integrations.delivery.sender")
    told = {name: line[name] for name in ("event", "request_id", "delivery", "lead", "job", "attempt", "result", "status")}
    assert told == {
        "event": "delivery tried", "request_id": "partner-4711", "delivery": delivery.pk, "lead": lead.pk, "job": job.pk, "attempt": 1,
        "result": "sent", "status": 200,
    }  # fmt: skip
    assert lead.email not in str(caplog.records)
    assert statistics([job.pk])[job.pk]["passed"] == 1
    assert processr_integrity.job_tallies() == []


@pytest.mark.parametrize(
    ("how", "status"),
    [("status?code=500", 500), ("status?code=503", 503), ("status?code=408", 408), ("status?code=425", 425), ("status?code=429", 429)],
)
def test_what_may_pass_is_tried_again_a_minute_later(how, status, campaign, post_to, valid, receiver):
    post_to(campaign, receiver.url(how))
    (lead,) = valid(campaign)

    scheduler.serve_destinations(seconds=5)

    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempts, delivery.status, delivery.sent_at) == ("queued", 1, status, None)
    assert MINUTE <= wait_of(delivery) <= 1.2 * MINUTE
    assert Lead.objects.get(pk=lead.pk).delivery_status == DeliveryStatus.NOT_DELIVERED
    assert [event.outcome for event in events()] == ["error"]


@pytest.mark.parametrize(
    ("wait", "minutes"), [("600", 10), ("5", 1), ("86000", 86_000 / 60)], ids=["longer than ours", "shorter than ours", "nearly a day"]
)
def test_a_receiver_that_says_when_is_asked_then(wait, minutes, campaign, post_to, valid, receiver):
    post_to(campaign, receiver.url("status", code=429, wait=wait))
    valid(campaign)
    scheduler.serve_destinations(seconds=5)
    (delivery,) = deliveries()
    assert delivery.state == "queued"
    assert timedelta(minutes=minutes) <= wait_of(delivery) <= timedelta(minutes=minutes) + 0.2 * MINUTE


@pytest.mark.sql
def test_a_receiver_that_wants_to_be_left_alone_for_more_than_a_day_is_a_persons(campaign, post_to, valid, receiver):
    post_to(campaign, receiver.url("status", code=503, wait=86_401))
    valid(campaign)
    scheduler.serve_destinations(seconds=5)
    assert states() == ["needs_person"]


@pytest.mark.parametrize("code", [400, 401, 404, 410, 422])
def test_what_will_not_pass_is_a_persons_at_once(code, campaign, post_to, valid, receiver):
    job = post_to(campaign, receiver.url("status", code=code), again=True)
    valid(campaign)
    scheduler.serve_destinations(seconds=5)
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempts, delivery.status) == ("needs_person", 1, code)
    assert [event.outcome for event in events()] == ["failure"]
    assert statistics([job.pk])[job.pk]["failed"] == 1


@pytest.mark.parametrize("how", ["held", "closes", "lies"])
@pytest.mark.parametrize(("again", "state"), [(True, "queued"), (False, "needs_person")])
def test_what_may_have_arrived_is_repeated_only_where_that_is_safe(how, again, state, campaign, post_to, valid, receiver):
    post_to(campaign, receiver.url(how), again=again, seconds=1)
    valid(campaign)
    scheduler.serve_destinations(seconds=10)
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempts) == (state, 1)
    assert len(receiver.got) == 1
    assert events()[0].message.startswith("POST ")


def test_a_lead_is_not_sent_after_a_redirect_into_the_house(campaign, post_to, valid, receiver, settings):
    with Receiver() as inside:
        post_to(campaign, receiver.url("moved", to=inside.port), again=True)
        valid(campaign)
        scheduler.serve_destinations(seconds=5)
        assert inside.got == []
    (delivery,) = deliveries()
    assert (delivery.state, delivery.status) == ("needs_person", 307)


def test_an_address_in_the_house_is_not_called_at_all(campaign, post_to, valid, receiver):
    with Receiver() as inside:
        post_to(campaign, inside.url("ok"), again=True)
        valid(campaign)
        scheduler.serve_destinations(seconds=5)
        assert inside.got == []
    assert states() == ["needs_person"]


def test_every_attempt_of_a_delivery_carries_the_same_event_id(campaign, post_to, valid, receiver):
    job = post_to(campaign, receiver.url("flaky"))
    (lead,) = valid(campaign)
    scheduler.serve_destinations(seconds=5)
    first = deliveries()[0].first_tried_at
    scheduler.serve_destinations(seconds=5)
    assert len(receiver.got) == 1, "it is tried again when its time has come, not before"

    due_now()
    scheduler.serve_destinations(seconds=5)

    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempts, delivery.first_tried_at) == ("sent", 2, first)
    assert receiver.got == [(delivery.event_id, lead.email)] * 2
    assert [event.outcome for event in events()] == ["error", "success"]
    assert [event.source["attempt"] for event in events()] == [1, 2]
    counted = statistics([job.pk])[job.pk]
    assert (counted["passed"], counted["errored"], counted["failed"]) == (1, 1, 0)
    assert processr_integrity.job_tallies() == []


def test_a_day_after_the_first_attempt_a_person_is_asked(campaign, post_to, valid, receiver):
    post_to(campaign, receiver.url("status", code=500))
    valid(campaign)
    scheduler.serve_destinations(seconds=5)
    Delivery.objects.update(first_tried_at=timezone.now() - timedelta(days=1), attempts=9)
    due_now()
    scheduler.serve_destinations(seconds=5)
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempts, delivery.answer) == ("needs_person", 10, "Answered 500 Internal Server Error")


def test_a_test_lead_that_is_sent_where_tests_are_wanted_is_delivered_and_costs_nobody(campaign, post_to, valid, receiver):
    job = post_to(campaign, receiver.url("ok"))
    job.deliver_test_leads = True
    job.save(update_fields=["deliver_test_leads"])
    (lead,) = valid(campaign, qa_status="test")
    scheduler.serve_destinations(seconds=5)
    assert states() == ["sent"]
    lead = Lead.objects.get(pk=lead.pk)
    assert (lead.current_status, lead.delivery_status) == ("test", DeliveryStatus.DELIVERED)
    assert lead.first_delivered_at is not None
    assert (lead.advertiser_billable, lead.publisher_billable, PriceEntry.objects.filter(lead=lead).exists()) == (False, False, False)
    assert integrity.deliveries() == []


def test_a_lead_goes_to_all_its_integrations_and_is_delivered_by_the_first(campaign, post_to, valid, receiver):
    jobs = [post_to(campaign, receiver.url(how), label=how) for how in ("ok", "ok?second=1", "status?code=500")]
    (lead,) = valid(campaign)
    scheduler.serve_destinations(seconds=5)
    assert [states(job) for job in jobs] == [["sent"], ["sent"], ["queued"]]
    assert [note.reason for note in LeadNote.objects.filter(lead_id=lead.pk, kind="delivery")] == ["ok"]
    assert PriceEntry.objects.filter(lead=lead, side="advertiser").count() == 1


def test_connections_are_used_again(campaign, post_to, valid, receiver):
    post_to(campaign, receiver.url("ok"), side_by_side=2)
    valid(campaign, 30)
    before = receiver.connections
    scheduler.serve_destinations(seconds=10)
    assert states() == ["sent"] * 30
    asked_by_the_test = 1
    assert receiver.connections - before - asked_by_the_test <= 2
