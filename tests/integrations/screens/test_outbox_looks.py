"""The pages of the outbox in both sizes and themes, with what people find there: rules, secrets, events, alerts, messages and arrivals."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from integrations.models import Destination, Message, OutboundEvent, SentCount
from integrations.outbound_events import services as events
from processr.models import Event, Job
from processr.services import add_job
from tests.integrations.screens.conftest import POST, invalid
from tests.leads.acts import again, judge_all
from tests.module_cast import ANEW

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEED = "/v2/deliveries/needs-a-person"
LABEL = "Tell the publisher’s tracking system of Valid leads, which it counts by the click they came from"


@pytest.fixture
def event(campaign, make_leads, pat, bob) -> OutboundEvent:
    """An event with a message in each state, and another for one publisher alone."""
    url = "https://hooks.pat.example/postback/v3/conversions?click={publisherSubId}&lead={leadId}"
    told = events.add_event(campaign, {"label": LABEL, "trigger": "valid", "url": url, "method": "POST", "enabled": True}, actor=bob)
    other = {"label": "Billable", "trigger": "billable", "url": "https://b.example/?id={leadId}", "publisher": pat.pk}
    events.add_event(campaign, other, actor=bob)
    make_leads(campaign, 5)
    judge_all(campaign)
    now = timezone.now()
    states = ["needs_person", "needs_person", "sent", "queued", "failed"]
    for message, state in zip(Message.objects.order_by("pk"), states, strict=True):
        answer = "Answered 201 Created" if state == "sent" else "Answered 404 Not Found"
        Message.objects.filter(pk=message.pk).update(
            state=state, answer=answer, attempts=1, answered_at=now, sent_at=now if state == "sent" else None
        )
        Event.objects.create(
            lead_id=message.lead_id, campaign_id=campaign.pk, kind=Event.Kind.MESSAGE, outcome="failure", reason=answer, started_at=now,
            source={"message": message.pk}, message=f"POST /postback HTTP/1.1\n\nHTTP/1.1 {answer}", duration_ms=42,
        )  # fmt: skip
    return told


@pytest.fixture
def resting(campaign, deliver, bob) -> Job:
    """A signed integration that rests, with delivery hours, a cap that is nearly reached, and deliveries that failed."""
    crm = add_job(campaign, "http_post", actor=bob, label="CRM", config=POST)
    deliver(crm, 3, state="needs_person")
    deliver(crm, 2, attempts=2, answered_at=timezone.now(), not_before=timezone.now() + timedelta(hours=4))
    now = timezone.now()
    row = Destination.objects.create(
        job=crm, waits_for="unreachable", waits_until=now + timedelta(minutes=9), failing_since=now - timedelta(hours=2), rests=4, cap_day=500,
        per_minute=60, hours={"weekdays": [0, 1, 2, 3, 4], "opens": "08:30", "closes": "18:00"},
    )  # fmt: skip
    SentCount.objects.create(destination=row, day=now.date(), n=431)
    return crm


def make_secret(page: Page) -> None:
    """Make one, in whatever size: where there is one already, make another."""
    page.get_by_role("button", name="Make a secret and sign").or_(page.get_by_role("button", name="Make a new secret")).click()
    expect(page.locator("#signing-secret")).to_be_visible()


def test_the_rules_of_a_destination(resting, event, look_at):
    sending = f"/v2/campaigns/{resting.campaign_id}/processr/{resting.pk}/sending"
    look_at("sending-rests", sending)
    look_at("sending-secret", sending, act=make_secret)
    look_at("sending-resend", f"{sending}/resend", act=lambda page: page.get_by_role("button", name="Count them").click())
    look_at("sending-processr", f"/v2/campaigns/{resting.campaign_id}/processr?tab=integration")


def test_the_events_of_a_campaign(event, look_at):
    tracking = f"/v2/campaigns/{event.campaign_id}/tracking/events"
    look_at("events", tracking)
    look_at("event", f"{tracking}/{event.pk}")
    look_at("event-add", f"{tracking}/add", act=lambda page: page.locator("main form button.btn-primary").click())
    look_at("event-messages", f"{tracking}/{event.pk}/messages")
    look_at("campaign-alerts", f"/v2/campaigns/{event.campaign_id}/alerts")


def test_messages_and_arrivals_that_need_a_person(event, resting, deliver, look_at):
    arrived = deliver(resting, 2, state="sent", arrived_while_not_valid=True)
    invalid(*(delivery.lead for delivery in arrived))
    stuck = Message.objects.filter(state="needs_person").order_by("pk").first()
    look_at("need-messages", f"{NEED}/messages", act=lambda page: page.get_by_label("All on this page").check())
    look_at(
        "need-messages-give-up",
        f"{NEED}/messages/give-up?all=1&query=",
        act=lambda page: page.get_by_role("button", name="Give up").click(),
    )
    look_at("need-arrived", f"{NEED}/arrived", act=lambda page: page.get_by_label("All on this page").check())
    look_at("message", f"/v2/messages/{stuck.pk}")
    look_at("lead-messages", f"/v2/leads/{stuck.lead_id}/deliveries")


def test_leads_on_hold_over_delivery(campaign, resting, make_leads, look_at):
    Campaign.objects.filter(pk=campaign.pk).update(lead_volume=5, uncapped=False, hold_over_delivery=True)
    campaign.refresh_from_db()
    leads = make_leads(campaign, 3)
    judge_all(campaign)
    assert {again(lead).hold_reason for lead in leads} == {"over_delivery"}
    look_at("held-release", f"/v2/campaigns/{campaign.pk}/processr/release")
    look_at("held-lead", f"/v2/leads/{leads[0].pk}/deliveries")
