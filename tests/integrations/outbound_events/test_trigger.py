"""Moves of leads set off events: each event once for a lead that becomes what it is about, and for no other."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import services as campaign_services
from config.core.actor import SYSTEM
from integrations import receivers
from integrations.messages import queue
from integrations.models import Message
from integrations.outbound_events import services
from leads import bulk, lifecycle
from leads.lifecycle import claims
from leads.models import Lead
from tests.leads.acts import judge_all, verdict

pytestmark = pytest.mark.django_db


def told(lead: Lead | None = None) -> list[str]:
    """Return the types of the payloads, in the order in which they were queued."""
    messages = Message.objects.filter(lead=lead) if lead else Message.objects
    return [body["payload"]["type"] for body in messages.order_by("pk").values_list("body", flat=True)]


def flag(lead: Lead, to: str, bob) -> None:
    lifecycle.flag([lead.pk], to, actor=bob, reason="x")


def run_again(lead: Lead, qa_status: str, bob) -> None:
    lifecycle.requeue([lead.pk], actor=bob)
    judge_all(lead.campaign, qa_status)


@pytest.fixture
def events(make_event):
    """One event for each trigger."""
    return [make_event(trigger) for trigger in ("valid", "invalid", "billable")]


@pytest.mark.sql
@pytest.mark.parametrize(
    ("qa_status", "types"),
    [("valid", ["lead.valid"]), ("invalid", ["lead.invalid"]), ("test", ["lead.invalid"]), ("caution", [])],
)
def test_a_judged_lead_sets_off_what_it_has_become(qa_status, types, campaign, make_leads, events):
    make_leads(campaign)
    judge_all(campaign, qa_status)
    assert told() == types


def test_another_run_with_the_same_verdict_sets_off_nothing(campaign, make_leads, events, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    run_again(lead, "valid", bob)
    assert told() == ["lead.valid"]
    run_again(lead, "invalid", bob)
    run_again(lead, "valid", bob)
    assert told() == ["lead.valid", "lead.invalid", "lead.valid"]


def test_flags_and_taking_them_back_set_off_what_the_lead_becomes_by_them(campaign, make_leads, events, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    flag(lead, "invalid", bob)
    flag(lead, "test", bob)  # it counted as Invalid already
    lifecycle.unflag([lead.pk], actor=bob)
    flag(lead, "test", bob)
    flag(lead, "valid", bob)
    assert told() == ["lead.valid", "lead.invalid", "lead.valid", "lead.invalid", "lead.valid"]
    assert list(Message.objects.order_by("pk").values_list("order_key", flat=True).distinct()) == [f"lead {lead.pk}"] * 5


def test_a_flag_on_a_lead_that_waits_counts_and_the_verdict_below_it_does_not(campaign, make_leads, events, bob):
    (lead,) = make_leads(campaign)
    flag(lead, "invalid", bob)
    judge_all(campaign)
    assert told() == ["lead.invalid"]


def test_an_undo_counts_as_a_move(campaign, make_leads, events, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    action = bulk.run_or_queue("mark_invalid", [lead.pk], actor=bob, settings={"reason": "Known"})
    bulk.run_if_few(bulk.begin_undo(action, actor=bob))
    assert told() == ["lead.valid", "lead.invalid", "lead.valid"]


def test_billable_is_set_off_by_the_delivery_of_a_valid_lead(campaign, make_leads, events, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    lifecycle.mark_sent([lead.pk], actor=SYSTEM, reason="CRM")
    assert told() == ["lead.valid", "lead.billable"]
    lifecycle.mark_undelivered([lead.pk], actor=bob)
    lifecycle.mark_delivered([lead.pk], actor=bob)
    assert told()[2:] == ["lead.billable"]


def test_a_lead_that_becomes_invalid_and_valid_after_its_delivery_is_billable_once_more(campaign, make_leads, events, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    lifecycle.mark_sent([lead.pk], actor=SYSTEM, reason="CRM")
    flag(lead, "invalid", bob)
    flag(lead, "valid", bob)
    assert sorted(told()[3:]) == ["lead.billable", "lead.valid"]


def test_a_deleted_and_restored_lead_sets_off_nothing(campaign, make_leads, events, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    lifecycle.mark_sent([lead.pk], actor=SYSTEM, reason="CRM")
    before = told()
    lifecycle.delete([lead.pk], actor=bob)
    lifecycle.restore([lead.pk], actor=bob)
    assert told() == before


def test_only_events_of_the_campaign_and_of_the_leads_publisher_that_are_switched_on_are_set_off(
    campaign, make_campaign, make_leads, make_event, pat, bob
):
    other = campaign_services.create_publisher("Quinn Media", actor=bob)
    campaign_services.assign_publisher(campaign, other, actor=bob)
    make_event(label="All")
    make_event(label="Pat", publisher=pat.pk)
    make_event(label="Quinn", publisher=other.pk)
    make_event(label="Off", enabled=False)
    make_event(label="Elsewhere", on=make_campaign())
    services.remove_event(make_event(label="Gone").pk, actor=bob)
    make_leads(campaign)
    judge_all(campaign)
    labels = Message.objects.order_by("pk").values_list("destination__event__label", flat=True)
    assert list(labels) == ["All", "Pat"]


def test_the_values_of_placeholders_are_frozen_and_the_payload_has_ids_alone(campaign, make_leads, make_event, pat, bob):
    url = "https://hooks.example/{leadStatus}?sub={publisherSubId}&c={company}&h={leadHash}&id={eventId}&none={ip}"
    make_event("invalid", url=url, headers=[{"name": "X-Lead", "value": "{email}"}])
    (lead,) = make_leads(campaign, company="Müller & Söhne\r\nX: y/../z", email="anna@example.com")
    judge_all(campaign, "test")
    message = Message.objects.get()
    lifecycle.requeue([lead.pk], actor=bob)
    judge_all(campaign, "valid", limit=1)
    body = Message.objects.get().body
    lead.refresh_from_db()
    assert body == message.body
    assert body["values"] == {
        "leadStatus": "Test",
        "publisherSubId": lead.publisher_sub_id,
        "company": lead.captured["company"],
        "leadHash": lead.lead_hash,
        "email": "anna@example.com",
        "ip": lead.ip or "",
    }
    assert body["payload"]["type"] == "lead.invalid"
    assert body["payload"]["data"] == {
        "leadId": lead.pk,
        "externalId": None,
        "campaignId": campaign.pk,
        "publisherId": pat.pk,
        "publisherSubId": lead.publisher_sub_id,
        "linkId": lead.link_id,
        "status": "Test",
        "createdTs": lead.created_at.isoformat(timespec="seconds"),
    }


def statements(act) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        act()
    return [query["sql"] for query in caught]


def judging(campaign, n: int):
    claim = claims.claim(campaign.pk, limit=n)
    assert len(claim.leads) == n
    return lambda: lifecycle.judge([verdict(lead.pk) for lead in claim.leads], token=claim.token)


def test_two_thousand_leads_take_as_many_statements_as_one(campaign, make_campaign, make_leads, make_event, monkeypatch):
    monkeypatch.setattr(queue, "notify_workers", lambda *_: None)
    monkeypatch.setattr(receivers, "notify_workers", lambda *_: None)
    elsewhere = make_campaign()
    for event_campaign in (campaign, elsewhere):
        for n in range(3):
            make_event(label=f"E{n}", on=event_campaign, url="https://hooks.example/?c={company}&p={publisherName}")
    make_leads(campaign, 1)
    make_leads(elsewhere, 2_000)
    one, many = statements(judging(campaign, 1)), statements(judging(elsewhere, 2_000))
    assert len(many) == len(one)
    assert Message.objects.count() == 3 * 2_001


def test_a_campaign_without_events_is_asked_once_whether_there_are_some(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    asked = [sql for sql in statements(judging(campaign, 1)) if "outboundevent" in sql or "integrations_message" in sql]
    assert len(asked) == 1
    assert not [sql for sql in statements(lambda: lifecycle.requeue([lead.pk], actor=bob)) if "outboundevent" in sql]


def test_the_workers_are_notified_of_the_destination(campaign, make_leads, make_event, monkeypatch):
    bells: list[tuple] = []
    monkeypatch.setattr(queue, "notify_workers", lambda *bell: bells.append(bell))
    event = make_event()
    make_leads(campaign)
    judge_all(campaign)
    assert [key for _, key, _ in bells] == [f"destination {event.destination.pk}"]


@pytest.mark.parametrize("trigger", ["valid", "invalid", "billable"])
def test_a_test_sets_off_invalid_alone_however_it_arrives(trigger, make_campaign, make_leads, make_event):
    campaign = make_campaign("Trial", test_mode=True)
    make_event(trigger, on=campaign)
    (lead,) = make_leads(campaign)
    judge_all(campaign, "test")
    lifecycle.mark_sent([lead.pk], actor=SYSTEM, reason="CRM")
    assert told() == (["lead.invalid"] if trigger == "invalid" else [])


def test_a_lead_that_arrived_as_a_test_can_be_flagged_valid_and_is_never_billable(make_campaign, make_leads, make_event, bob):
    campaign = make_campaign("Trial")
    for trigger in ("valid", "invalid", "billable"):
        make_event(trigger, on=campaign)
    (lead,) = make_leads(campaign)
    Lead.objects.filter(pk=lead.pk).update(arrived_as_test=True)
    judge_all(campaign, "test")
    flag(lead, "valid", bob)
    lifecycle.mark_sent([lead.pk], actor=SYSTEM, reason="CRM")
    assert told() == ["lead.invalid", "lead.valid"]


def test_a_billable_lead_that_turns_out_a_test_is_billable_again_once_it_is_delivered_anew(campaign, make_leads, events, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    lifecycle.mark_sent([lead.pk], actor=SYSTEM, reason="CRM")
    flag(lead, "test", bob)
    assert told() == ["lead.valid", "lead.billable", "lead.invalid"]
    lifecycle.unflag([lead.pk], actor=bob)  # a test is not delivered (decision 7), so the lead is not either when it is none
    assert told()[3:] == ["lead.valid"]
    lifecycle.mark_delivered([lead.pk], actor=bob)
    assert told()[4:] == ["lead.billable"]


def test_the_payload_of_a_test_says_that_it_is_one(campaign, make_leads, make_event):
    make_event("invalid", url="https://hooks.example/?s={leadStatus}")
    make_leads(campaign)
    judge_all(campaign, "test")
    body = Message.objects.get().body
    assert (body["payload"]["data"]["status"], body["values"]["leadStatus"]) == ("Test", "Test")


@pytest.mark.parametrize(
    ("trigger", "qa_status"), [("valid", "valid"), ("invalid", "invalid"), ("invalid", "test"), ("billable", "valid")]
)  # fmt: skip
def test_an_event_of_one_publisher_is_set_off_by_its_leads_alone(trigger, qa_status, campaign, make_leads, make_event, pat, bob):
    quinn = campaign_services.create_publisher("Quinn Media", actor=bob)
    campaign_services.assign_publisher(campaign, quinn, actor=bob)
    make_event(trigger, label="Pat", publisher=pat.pk)
    make_event(trigger, label="Quinn", publisher=quinn.pk)
    of_pat, of_quinn, of_nobody = make_leads(campaign, 3)
    Lead.objects.filter(pk=of_quinn.pk).update(publisher=quinn)
    Lead.objects.filter(pk=of_nobody.pk).update(publisher=None)
    judge_all(campaign, qa_status)
    if trigger == "billable":
        lifecycle.mark_sent([of_pat.pk, of_quinn.pk, of_nobody.pk], actor=SYSTEM, reason="CRM")
    sent = Message.objects.values_list("destination__event__label", "lead")
    assert sorted(sent) == [("Pat", of_pat.pk), ("Quinn", of_quinn.pk)]


def test_an_event_that_is_given_to_another_publisher_is_about_its_leads_from_then_on(campaign, make_leads, make_event, pat, bob):
    quinn = campaign_services.create_publisher("Quinn Media", actor=bob)
    campaign_services.assign_publisher(campaign, quinn, actor=bob)
    event = make_event(publisher=quinn.pk)
    make_leads(campaign)
    judge_all(campaign)
    assert told() == []
    services.update_event(event.pk, {"publisher": pat.pk}, actor=bob)
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    assert list(Message.objects.values_list("lead", flat=True)) == [lead.pk]
