"""Leads that stopped being Valid while they were being sent, and arrived (decision 34)."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from integrations import integrity, services
from integrations.base import Attempt, AttemptResult
from integrations.delivery import scheduler
from integrations.delivery.outcome import AttemptRecord
from integrations.delivery.recorder import record_attempts
from integrations.models import UNTIL_RELEASED, Delivery
from leads import bulk, lifecycle
from leads import integrity as leads_integrity
from leads.models import LeadNote
from processr.job_types.exchange import Exchange
from tests.integrations.engine.conftest import sent, states
from tests.integrations.queueing.acts import asking_for
from tests.leads.acts import again, judge_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_agrees():
    yield
    assert integrity.deliveries() + leads_integrity.billing() + leads_integrity.tallies() == []


@pytest.fixture
def job(campaign, plays):
    return plays(campaign, sent)


def answered(lead, act, result=AttemptResult.SENT) -> Delivery:
    """Claim the delivery of the lead, act, and record the answer that comes then."""
    token = uuid4()
    Delivery.objects.filter(lead=lead).update(state="sending", claim=token, claimed_at=timezone.now())
    act()
    delivery = Delivery.objects.select_related("lead", "job").get(lead=lead)
    exchange = Exchange("POST", "HTTP/1.1 200 OK", 200, took_ms=1)
    record = AttemptRecord(delivery, Attempt(result, "Answered"), exchange, timezone.now())
    record_attempts([record], job=delivery.job, token=token, safe_to_repeat=False)
    return Delivery.objects.get(pk=delivery.pk)


def flag(lead, to, bob):
    return lifecycle.flag([lead.pk], to, actor=bob, reason="x")


AWAY = [
    lambda lead, bob: flag(lead, "invalid", bob),
    lambda lead, bob: flag(lead, "test", bob),
    lambda lead, bob: lifecycle.delete([lead.pk], actor=bob),
]


@pytest.mark.parametrize("away", AWAY)
def test_it_is_marked_and_noted_once_and_not_delivered(away, campaign, job, valid, bob):
    (lead,) = valid(campaign)
    delivery = answered(lead, lambda: away(lead, bob))
    assert (delivery.state, delivery.arrived_while_not_valid) == ("sent", True)
    assert again(lead).delivery_status == "not_delivered"
    assert LeadNote.objects.filter(lead_id=lead.pk, reason="It arrived while the lead was not Valid").count() == 1


@pytest.mark.sql
@pytest.mark.parametrize(
    ("away", "back"),
    [
        (AWAY[0], lambda lead, bob: flag(lead, "valid", bob)),
        (AWAY[0], lambda lead, bob: lifecycle.unflag([lead.pk], actor=bob)),
        (AWAY[1], lambda lead, bob: lifecycle.unflag([lead.pk], actor=bob)),
        (AWAY[2], lambda lead, bob: lifecycle.restore([lead.pk], actor=bob)),
    ],
)
def test_it_is_delivered_from_that_time_and_billed_when_it_is_valid_again_and_not_sent_twice(away, back, campaign, job, valid, bob):
    (lead,) = valid(campaign)
    delivery = answered(lead, lambda: away(lead, bob))
    back(lead, bob)
    lead = again(lead)
    assert (lead.delivery_status, lead.first_delivered_at) == ("delivered", delivery.sent_at)
    assert lead.advertiser_billable
    assert states(job) == ["sent"]
    assert not Delivery.objects.filter(arrived_while_not_valid=True).exists()


def test_choosing_the_integration_with_the_flag_does_not_send_it_twice_either(campaign, job, valid, bob):
    (lead,) = valid(campaign)
    answered(lead, lambda: flag(lead, "invalid", bob))
    settings = {"reason": "x", "integrations": [job.pk]}
    bulk.run_or_queue("mark_valid", [lead.pk], actor=bob, settings=settings)
    assert states(job) == ["sent"]
    bulk.run_or_queue("send_again", [lead.pk], actor=bob, settings={"integrations": [job.pk]})
    assert states(job) == ["sent", "queued"]


@pytest.mark.sql
def test_an_undo_of_the_flag_puts_the_mark_back(campaign, job, valid, bob):
    (lead,) = valid(campaign)
    answered(lead, lambda: flag(lead, "invalid", bob))
    action = bulk.run_or_queue("mark_valid", [lead.pk], actor=bob, settings={"reason": "x", "integrations": []})
    assert again(lead).delivery_status == "delivered"
    bulk.run_if_few(bulk.begin_undo(action, actor=bob))
    assert again(lead).delivery_status == "not_delivered"
    assert Delivery.objects.get(lead=lead).arrived_while_not_valid


def test_an_answer_for_later_waits_with_a_lead_that_is_held_by_then(make_campaign, plays, valid, bob):
    campaign = make_campaign("Full", lead_volume=1, hold_over_delivery=True)
    plays(campaign, sent)
    (lead,) = valid(campaign)

    def away_and_back():
        flag(lead, "invalid", bob)
        valid(campaign)
        flag(lead, "valid", bob)

    delivery = answered(lead, away_and_back, AttemptResult.LATER)
    assert (delivery.state, delivery.held_for, delivery.not_before) == ("queued", "over_delivery", UNTIL_RELEASED)
    lifecycle.release_delivery([lead.pk], actor=bob)
    assert Delivery.objects.get(pk=delivery.pk).held_for == ""
    assert judge_all(campaign).ids == []


def test_a_run_that_finds_it_valid_again_delivers_it(campaign, job, valid, bob):
    (lead,) = valid(campaign)

    def found_invalid():
        lifecycle.requeue([lead.pk], actor=bob)
        judge_all(campaign, "invalid")

    delivery = answered(lead, found_invalid)
    assert delivery.arrived_while_not_valid
    bulk.run_or_queue("reprocess", [lead.pk], actor=bob)
    judge_all(campaign)
    lead = again(lead)
    assert (lead.delivery_status, lead.first_delivered_at, lead.advertiser_billable) == ("delivered", delivery.sent_at, True)
    assert states(job) == ["sent"]
    assert not Delivery.objects.filter(arrived_while_not_valid=True).exists()


def test_feedback_that_it_is_valid_delivers_it(campaign, job, valid, bob):
    (lead,) = valid(campaign)
    delivery = answered(lead, lambda: flag(lead, "invalid", bob))
    said = {"reason": "Came back", "user": "Ann of Acme"}
    assert Client().post(f"/api/webhook/validate/{lead.lead_hash}", said).status_code == 201
    lead = again(lead)
    assert (lead.delivery_status, lead.first_delivered_at, lead.advertiser_billable) == ("delivered", delivery.sent_at, True)
    assert states(job) == ["sent"]


def test_an_undo_of_what_made_it_invalid_is_refused_as_it_was_sent_since(campaign, job, valid, bob):
    (lead,) = valid(campaign)
    actions = []
    delivery = answered(lead, lambda: actions.append(bulk.run_or_queue("mark_invalid", [lead.pk], actor=bob, settings={"reason": "x"})))
    undo = bulk.run_if_few(bulk.begin_undo(actions[0], actor=bob))
    assert (undo.done, undo.failed) == (0, 1)
    assert (again(lead).current_status, Delivery.objects.get().arrived_while_not_valid) == ("invalid", True)
    lifecycle.unflag([lead.pk], actor=bob)
    assert again(lead).first_delivered_at == delivery.sent_at


def test_of_two_integrations_the_other_is_sent_to_when_it_is_valid_again(campaign, plays, valid, bob):
    one, other = plays(campaign, sent, key="one"), plays(campaign, sent, key="other")
    (lead,) = valid(campaign)
    token = uuid4()
    Delivery.objects.filter(job=one).update(state="sending", claim=token, claimed_at=timezone.now())
    flag(lead, "invalid", bob)
    delivery = Delivery.objects.select_related("lead", "job").get(job=one)
    record = AttemptRecord(delivery, Attempt(AttemptResult.SENT, "x"), Exchange("POST", "HTTP/1.1 200 OK", 200, took_ms=1), timezone.now())
    record_attempts([record], job=one, token=token, safe_to_repeat=False)
    assert (states(one), states(other)) == (["sent"], ["withdrawn"])
    lifecycle.unflag([lead.pk], actor=bob)
    assert (states(one), states(other)) == (["sent"], ["withdrawn", "queued"])
    assert (again(lead).delivery_status, again(lead).first_delivered_at) == ("delivered", Delivery.objects.get(job=one).sent_at)
    scheduler.serve_destinations(seconds=10)
    assert (states(one), states(other)) == (["sent"], ["withdrawn", "sent"])
    assert again(lead).advertiser_billable


def test_a_lead_that_is_full_by_then_is_delivered_and_not_held(make_campaign, plays, valid, bob):
    campaign = make_campaign("Full", lead_volume=1, hold_over_delivery=True)
    plays(campaign, sent)
    (lead,) = valid(campaign)
    answered(lead, lambda: flag(lead, "invalid", bob))
    valid(campaign)
    lifecycle.unflag([lead.pk], actor=bob)
    lead = again(lead)
    assert (lead.delivery_status, lead.hold_reason, lead.advertiser_billable) == ("delivered", "", False)


def test_a_dismissed_one_neither_makes_its_lead_delivered_nor_is_sent_again(campaign, job, valid, bob):
    (lead,) = valid(campaign)
    delivery = answered(lead, lambda: flag(lead, "invalid", bob))
    assert services.dismiss([delivery.pk], actor=bob).ids == [delivery.pk]
    flag(lead, "valid", bob)
    lead = again(lead)
    assert (lead.delivery_status, lead.first_delivered_at) == ("not_delivered", None)
    assert states(job) == ["sent"]


def test_one_that_was_dismissed_counts_no_more_and_a_later_choice_sends_anew(campaign, job, valid, bob):
    """Dismissed, it delivers the lead no more: neither when it is Valid again nor by an undo. Whoever chooses the integration sends again."""
    (lead,) = valid(campaign)
    first = answered(lead, lambda: flag(lead, "invalid", bob))
    services.dismiss([first.pk], actor=bob)
    flag(lead, "valid", bob)
    assert (again(lead).delivery_status, states()) == ("not_delivered", ["sent"])
    flag(lead, "invalid", bob)
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="x", extras=asking_for([job.pk]))
    assert states() == ["sent", "queued"]
    scheduler.serve_destinations(seconds=5)
    assert (again(lead).delivery_status, states()) == ("delivered", ["sent", "sent"])
    first.refresh_from_db()
    assert again(lead).first_delivered_at > first.sent_at
