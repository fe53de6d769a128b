"""Messages that need a person: listed, sent again or given up, and the page of one with its attempts."""

import pytest
from django.test import Client
from django.utils import timezone

from campaigns import services as campaigns
from config.core.accounts import roles
from integrations.messages.selectors import needs_person_badge
from integrations.models import Message
from integrations.outbound_events import services as events
from leads.models import LeadNote
from processr.models import Event
from tests.cast import make_user
from tests.leads.acts import judge_all
from tests.screens.reading import Reader

pytestmark = pytest.mark.django_db

LIST = "/v2/deliveries/needs-a-person/messages"
RETRY, GIVE_UP = f"{LIST}/retry", f"{LIST}/give-up"
EXCHANGE = "GET https://hooks.example/?x=Butler\n\nHTTP/1.1 404 Not Found"


@pytest.fixture
def stuck(campaign, make_leads, bob) -> list[Message]:
    """Two messages of one event that were refused once."""
    events.add_event(campaign, {"label": "Postback", "trigger": "valid", "url": "https://hooks.example/", "enabled": True}, actor=bob)
    make_leads(campaign, 2)
    judge_all(campaign)
    Message.objects.update(state="needs_person", answer="Answered 404 Not Found", status=404, attempts=1, answered_at=timezone.now())
    made = list(Message.objects.select_related("destination__event").order_by("pk"))
    for message in made:
        Event.objects.create(
            lead_id=message.lead_id, campaign_id=campaign.pk, kind=Event.Kind.MESSAGE, outcome="failure", reason="Answered 404 Not Found",
            started_at=timezone.now(), source={"message": message.pk}, message=EXCHANGE, duration_ms=42,
        )  # fmt: skip
    return made


def signed_in(user) -> Reader:
    client = Client()
    client.force_login(user)
    return Reader(client, user)


def states() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("state", flat=True))


def test_an_empty_list_says_what_would_come_here(reader):
    assert "No message needs a person" in reader().get(LIST).words


def test_each_row_says_which_event_and_why_and_the_menu_how_many(stuck, reader, crm, deliver):
    admin = reader()
    page = admin.get(LIST)
    assert [(row["Tracking event"], row["Campaign"], row["Why"]) for row in page.rows] == [
        ("Postback", "Spring", "Answered 404 Not Found")
    ] * 2
    assert "Needs a person 2" in page.words
    assert "Messages 2" in admin.get("/v2/deliveries/needs-a-person").words
    assert len(admin.get(f"{LIST}?lead={stuck[0].lead_id}").rows) == 1
    assert len(admin.get(f"{LIST}?event={stuck[0].destination.event_id}").rows) == 2
    for asked in ("?event=99999", "?event=x", "?lead=x", "?state=sent"):
        assert admin.get(LIST + asked).rows == []


def test_ticked_messages_are_sent_again_once(stuck, reader):
    admin = reader()
    assert "1 will be sent again" in admin.post(RETRY, id=stuck[0].pk).words
    assert states() == ["queued", "needs_person"]
    again = admin.post(RETRY, id=[stuck[0].pk, stuck[1].pk]).words
    assert "1 will be sent again; 1 skipped" in again
    assert states() == ["queued", "queued"]


def test_what_is_ticked_in_the_log_of_an_event_leads_back_there(stuck, reader):
    event = stuck[0].destination.event
    log = f"/v2/campaigns/{event.campaign_id}/tracking/events/{event.pk}/messages"
    page = reader().get(log)
    assert f'name="id" value="{stuck[0].pk}"' in page.html
    assert "Sending rules" in page.words
    answer = reader().client.post(RETRY, {"id": stuck[0].pk, "event": event.pk})
    assert (answer.status_code, answer["Location"]) == (302, log)


def test_giving_up_asks_for_a_reason_and_keeps_it(stuck, reader):
    admin = reader()
    asked = admin.post(GIVE_UP, id=[message.pk for message in stuck])
    assert "Give up 2 messages" in asked.words
    refused = admin.client.post(GIVE_UP, {"id": stuck[0].pk, "reason": " "})
    assert refused.status_code == 422
    assert states() == ["needs_person"] * 2
    assert "2 given up" in admin.post(GIVE_UP, id=[message.pk for message in stuck], reason="They closed the endpoint").words
    assert states() == ["failed"] * 2
    assert LeadNote.objects.filter(kind="delivery", reason="They closed the endpoint").count() == 2


@pytest.mark.parametrize("ids", [[], ["x"], ["-1", "0", "1e3"], ["9" * 30], ["\x00"]])
def test_what_is_no_id_chooses_nothing(ids, stuck, reader):
    admin = reader()
    for address in (RETRY, GIVE_UP):
        assert "choose at least one message first" in admin.post(address, id=ids, event="9" * 30).words
    assert states() == ["needs_person"] * 2


def test_the_page_of_a_message_has_its_attempts_with_the_exchange(stuck, reader):
    page = reader().get(f"/v2/messages/{stuck[0].pk}")
    assert "Postback" in page.words
    assert "GET https://hooks.example/?x=Butler" in page.words
    assert stuck[0].message_id in page.words
    assert "Send again" in page.words


def test_masked_roles_do_not_see_the_exchange(stuck):
    page = signed_in(make_user(roles.ADMIN_MASKED)).get(f"/v2/messages/{stuck[0].pk}")
    assert "Answered 404 Not Found" in page.words
    assert "Butler" not in page.html


def test_a_message_of_a_deleted_event_can_still_be_read(stuck, reader, bob):
    events.remove_event(stuck[0].destination.event_id, actor=bob)
    page = reader().get(f"/v2/messages/{stuck[0].pk}")
    assert "Postback (deleted)" in page.words
    assert "Send again" not in page.words


def test_what_another_agency_manages_is_not_there(stuck, bob):
    stranger = make_user(roles.AGENCY)
    campaigns.add_member(stranger, campaigns.create_agency("Elsewhere", advertisers=[], actor=bob), actor=bob)
    other = signed_in(stranger)
    assert other.get(LIST).rows == []
    assert other.client.get(f"/v2/messages/{stuck[0].pk}").status_code == 404
    assert "1 skipped: not found" in other.post(RETRY, id=stuck[0].pk).words
    other.client.post(GIVE_UP, {"id": stuck[0].pk, "reason": "Mine now"})
    assert states() == ["needs_person"] * 2
    assert needs_person_badge(stranger) == ""


@pytest.mark.parametrize("role", sorted(roles.ALL - roles.MANAGES_CAMPAIGNS))
def test_other_roles_reach_none_of_it(role, stuck):
    client = signed_in(make_user(role)).client
    assert {client.get(address).status_code for address in (LIST, f"/v2/messages/{stuck[0].pk}")} == {403}
    assert {client.post(address, {"id": stuck[0].pk}).status_code for address in (RETRY, GIVE_UP)} == {403}
