"""All messages that need a person and match are sent again or given up: at once if they are few, otherwise by a run."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import services as campaigns
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.background import runs
from config.core.models import AuditEntry, Notification
from integrations import actions, services
from integrations.actions import MatchingMessagesRun
from integrations.messages import services as message_services
from integrations.models import DeliveryAction, Destination, Message, OutboundEvent
from integrations.models.destination import WaitReason
from integrations.outbound_events import services as events
from leads.models import Lead, LeadNote
from tests.cast import make_user
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db

LIST = "/v2/deliveries/needs-a-person/messages"
RETRY, GIVE_UP = f"{LIST}/retry", f"{LIST}/give-up"
Type, State = DeliveryAction.Type, DeliveryAction.State


@pytest.fixture
def few_at_once(monkeypatch):
    """So that five messages are many."""
    for module in (services, actions, message_services):
        monkeypatch.setattr(module, "AT_MOST", 4)
    monkeypatch.setattr("integrations.views.selection.AT_MOST", 4)


@pytest.fixture
def two_events(campaign, bob) -> list[OutboundEvent]:
    """Two events of one campaign, both set off by Valid leads."""
    return [
        events.add_event(campaign, {"label": label, "trigger": "valid", "url": "https://hooks.example/", "enabled": True}, actor=bob)
        for label in ("First", "Second")
    ]


@pytest.fixture
def stick(campaign, make_leads):
    """stick(3): so many leads become Valid, and all messages about them are refused."""

    def make(n: int = 1) -> None:
        known = list(Message.objects.values_list("pk", flat=True))
        make_leads(campaign, n)
        judge_all(campaign)
        refused = {"state": "needs_person", "answer": "Answered 404 Not Found", "status": 404, "attempts": 1, "answered_at": timezone.now()}
        Message.objects.exclude(pk__in=known).update(**refused)

    return make


def states(event: OutboundEvent) -> list[str]:
    return list(Message.objects.filter(destination__event=event).order_by("pk").values_list("state", flat=True))


def hidden(page) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.html)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def work(action: DeliveryAction) -> DeliveryAction:
    runs.work_on(MatchingMessagesRun, action.pk)
    action.refresh_from_db()
    return action


def test_the_list_offers_all_that_match(two_events, stick, reader):
    stick(3)
    admin = reader()
    assert "All 6: Send again or Give up…" in admin.get(LIST).words
    page = admin.get(f"{LIST}?event={two_events[0].pk}")
    assert "All 3 that match: Send again or Give up…" in page.words
    assert f"{RETRY}?all=1&amp;query=event%3D{two_events[0].pk}" in page.html
    log = f"/v2/campaigns/{two_events[0].campaign_id}/tracking/events/{two_events[0].pk}/messages"
    assert "Many: Resend all that failed since…" in admin.get(log).words


def test_all_that_match_are_sent_again_after_their_number_was_said(two_events, stick, reader):
    first, second = two_events
    stick(2)
    admin = reader()
    page = admin.get(f"{RETRY}?all=1&query=event%3D{second.pk}")
    assert "Send 2 messages again" in page.words
    assert "2 messages will be sent again (Tracking event: Second)." in page.words
    assert "sent in their order" in page.words
    assert states(second) == ["needs_person"] * 2, "looking has done something"
    stick(1)  # came later, and is not meant
    answer = admin.post(RETRY, **hidden(page))
    assert "2 will be sent again." in answer.words
    assert (states(first), states(second)) == (["needs_person"] * 3, ["queued", "queued", "needs_person"])


def test_all_that_match_are_given_up_with_one_reason(two_events, stick, reader):
    first, second = two_events
    stick(2)
    admin = reader()
    page = admin.get(f"{GIVE_UP}?all=1&query=event%3D{first.pk}")
    assert "Give up 2 messages" in page.words
    refused = admin.post(GIVE_UP, **hidden(page), reason=" ")
    assert (refused.status, "2 messages will never be sent" in refused.words) == (422, True)
    assert "2 given up." in admin.post(GIVE_UP, **hidden(refused), reason="They closed it").words
    assert (states(first), states(second)) == (["failed"] * 2, ["needs_person"] * 2)
    assert LeadNote.objects.filter(kind="delivery", reason="They closed it").count() == 2


def test_more_than_one_request_takes_are_a_run_across_events(two_events, stick, reader, few_at_once):
    first, second = two_events
    stick(5)
    Message.objects.filter(pk=Message.objects.earliest("pk").pk).update(answered_at=timezone.now() + timedelta(hours=1))
    Destination.objects.update(waits_for=WaitReason.UNREACHABLE, waits_until=timezone.now() + timedelta(minutes=5))
    admin = reader()
    assert "That takes a while" in admin.get(f"{RETRY}?all=1&query=").words
    answer = admin.client.post(RETRY, {"all": "1", "query": "", "seen": timezone.now().isoformat()})
    action = DeliveryAction.objects.get()
    assert answer["Location"] == f"/v2/deliveries/actions/{action.pk}"
    assert set(states(first)) == {"needs_person"}
    work(action)
    assert (action.state, action.type, action.total, action.done, action.failed) == (State.DONE, Type.RETRY_MESSAGES, 9, 9, 0)
    assert sorted(states(first) + states(second)) == ["needs_person", *["queued"] * 9]
    assert not Destination.objects.exclude(waits_for="").exists(), "they rest on"
    page = admin.get(answer["Location"]).words
    assert "Will be sent again 9 Skipped 0" in page
    assert "To the messages that need a person" in page
    assert "9 messages will be sent again, 0 skipped" in Notification.objects.get().text
    assert AuditEntry.objects.filter(page="Integrations", action__startswith="Retry messages").count() == 2


def test_a_run_gives_up_what_matches_and_skips_what_was_decided_meanwhile(two_events, stick, reader, few_at_once, bob):
    first, second = two_events
    stick(6)
    reader().client.post(GIVE_UP, {"all": "1", "query": f"event={second.pk}", "seen": timezone.now().isoformat(), "reason": " Closed "})
    action = DeliveryAction.objects.get()
    message_services.retry([Message.objects.filter(destination__event=second).earliest("pk").pk], actor=bob)
    work(action)
    assert (action.filters, action.reason, action.done) == ({"event": second.pk}, "Closed", 5)
    assert (states(first), states(second)) == (["needs_person"] * 6, ["queued", *["failed"] * 5])


def test_a_deleted_lead_is_hidden_from_a_run_as_from_the_list(two_events, stick, bob, few_at_once):
    stick(2)
    gone = Lead.objects.earliest("pk")
    Lead.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    action = work(actions.begin(Type.RETRY_MESSAGES, {}, selected_at=timezone.now(), actor=bob))
    assert action.done == 2
    assert set(Message.objects.filter(lead=gone).values_list("state", flat=True)) == {"needs_person"}


def test_a_run_sees_only_what_its_starter_manages(two_events, stick, bob, few_at_once):
    stick(5)
    stranger = make_user(roles.AGENCY)
    campaigns.add_member(stranger, campaigns.create_agency("Elsewhere", advertisers=[], actor=bob), actor=bob)
    action = work(actions.begin(Type.GIVE_UP_MESSAGES, {}, selected_at=timezone.now(), actor=Actor("x", stranger.pk), reason="Mine"))
    assert (action.state, action.done) == (State.DONE, 0)
    assert set(states(two_events[0])) == {"needs_person"}


@pytest.mark.parametrize(
    "query", ["event=99999", "event=x", "lead=x", "campaign=1", "state=sent", "event=%00", "integration=1"]
)  # fmt: skip
def test_a_filter_that_is_not_understood_selects_nothing(query, two_events, stick, reader):
    stick()
    for address in (RETRY, GIVE_UP):
        assert "not understood" in reader().post(address, all="1", query=query, reason="x").words
    assert set(states(two_events[0])) == {"needs_person"}
    assert not DeliveryAction.objects.exists()


@pytest.mark.parametrize("seen", ["yesterday", "2026-01-01T00:00:00", "\x00"])
def test_a_moment_that_is_none_selects_nothing(seen, two_events, stick, reader):
    stick()
    assert "not understood" in reader().post(RETRY, all="1", query="", seen=seen).words
    assert set(states(two_events[0])) == {"needs_person"}


def test_what_is_ticked_in_a_filtered_list_leads_back_to_it(two_events, stick, reader):
    stick()
    message = Message.objects.earliest("pk")
    answer = reader().client.post(RETRY, {"id": message.pk, "query": f"event={two_events[0].pk}"})
    assert answer["Location"] == f"{LIST}?event={two_events[0].pk}"
