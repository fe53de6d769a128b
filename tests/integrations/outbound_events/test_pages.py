"""The pages of a campaign's outbound events, for each role."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.accounts import roles
from integrations.models import Message, OutboundEvent
from integrations.outbound_events import services
from integrations.outbound_events.headers import stored_headers
from tests.cast import make_user
from tests.integrations.outbound_events.conftest import URL
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db
SECRET = "sesame-open-42"
TYPED = {"label": "Postback", "trigger": "valid", "publisher": "", "method": "GET", "url": URL, "seen": ""}


def place(campaign, rest: str = "") -> str:
    return f"/v2/campaigns/{campaign.pk}/tracking/events{rest}"


@pytest.fixture
def admin(client):
    client.force_login(make_user(roles.ADMIN))
    return client


def test_an_empty_page_says_what_events_are_and_offers_to_add_one(admin, campaign):
    page = admin.get(place(campaign)).content.decode()
    assert "No tracking events yet" in page
    assert place(campaign, "/add") in page
    assert place(campaign) in admin.get(f"/v2/campaigns/{campaign.pk}").content.decode()


def test_an_event_is_added_switched_on_changed_and_deleted(admin, campaign, make_leads):
    form = admin.get(place(campaign, "/add")).content.decode()
    assert "publisherSubId" in form
    typed = {**TYPED, "headers-0-name": "X-Key", "headers-0-value": SECRET}
    added = admin.post(place(campaign, "/add"), typed, follow=True).content.decode()
    event = OutboundEvent.objects.get()
    assert not event.enabled
    assert "Postback is added: it is switched off" in added
    assert "hooks.example" in added
    assert "/postback" not in added

    admin.post(place(campaign, f"/{event.pk}/switch"), {"enabled": "1"})
    make_leads(campaign, 2)
    judge_all(campaign)
    shown = admin.get(place(campaign, f"/{event.pk}")).content.decode()
    assert "X-Key" in shown
    assert SECRET not in shown
    event.refresh_from_db()
    changed = {
        **TYPED, "method": "POST", "label": "Renamed", "enabled": "on", "headers-0-name": "X-Key", "headers-0-value": "",
        "seen": event.updated_at.isoformat(),
    }  # fmt: skip
    assert "Renamed is saved" in admin.post(place(campaign, f"/{event.pk}"), changed, follow=True).content.decode()
    event.refresh_from_db()
    assert (event.method, stored_headers(event)) == ("POST", {"X-Key": SECRET})

    asked = admin.get(place(campaign, f"/{event.pk}/delete")).content.decode()
    assert "2 messages that wait or need a person are withdrawn" in asked
    assert "2 messages were withdrawn" in admin.post(place(campaign, f"/{event.pk}/delete"), follow=True).content.decode()
    assert set(Message.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert admin.get(place(campaign, f"/{event.pk}")).status_code == 404


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(admin, campaign):
    typed = {**TYPED, "url": "https://hooks.example/?x={nobodyKnows}", "headers-3-name": "X-Key", "headers-3-value": SECRET}
    answer = admin.post(place(campaign, "/add"), typed)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "nothing named {nobodyKnows}" in page
    assert SECRET in page  # it was typed just now, and is not stored
    more = admin.post(place(campaign, "/add"), {**typed, "act": "put-in headers"}).content.decode()
    assert "headers-1-name" in more
    assert SECRET in more
    assert not OutboundEvent.objects.exists()


def test_a_change_over_somebody_elses_is_shown_and_kept(admin, campaign, make_event):
    event = make_event()
    stale = {**TYPED, "label": "Mine", "seen": "2020-01-01T00:00:00+00:00"}
    page = admin.post(place(campaign, f"/{event.pk}"), stale).content.decode()
    assert "changed meanwhile" in page
    assert "Mine" in page
    event.refresh_from_db()
    again = {**stale, "seen": event.updated_at.isoformat()}
    admin.post(place(campaign, f"/{event.pk}"), again)
    event.refresh_from_db()
    assert event.label == "Mine"


def test_the_log_has_each_message_with_its_answer_and_is_filtered(admin, campaign, make_event, make_leads):
    event = make_event()
    first, second = make_leads(campaign, 2)
    judge_all(campaign)
    Message.objects.filter(lead=first).update(state="needs_person", answer="Answered 404 Not Found", status=404, attempts=1)
    page = admin.get(place(campaign, f"/{event.pk}/messages")).content.decode()
    assert "Answered 404 Not Found" in page
    assert f"/v2/leads/{second.pk}" in page
    stuck = admin.get(place(campaign, f"/{event.pk}/messages?state=needs_person")).content.decode()
    assert f"/v2/leads/{first.pk}" in stuck
    assert f"/v2/leads/{second.pk}" not in stuck
    assert admin.get(place(campaign, f"/{event.pk}/messages?state=sent")).status_code == 200


def test_masked_managers_read_and_change_nothing(client, campaign, make_event):
    event = make_event()
    client.force_login(make_user(roles.ADMIN_MASKED))
    page = client.get(place(campaign)).content.decode()
    assert "set up by roles that see them unmasked" in page
    assert place(campaign, "/add") not in page
    for rest in ("/add", f"/{event.pk}", f"/{event.pk}/delete"):
        assert client.get(place(campaign, rest)).status_code == 403
        assert client.post(place(campaign, rest), TYPED).status_code == 403
    assert client.post(place(campaign, f"/{event.pk}/switch"), {"enabled": "0"}).status_code == 403


@pytest.mark.parametrize("role", sorted(roles.ALL - roles.MANAGES_CAMPAIGNS))
def test_other_roles_see_none_of_it(role, client, campaign, make_event):
    event = make_event()
    client.force_login(make_user(role))
    for rest in ("", "/add", f"/{event.pk}", f"/{event.pk}/delete", f"/{event.pk}/messages"):
        assert client.get(place(campaign, rest)).status_code == 403


def test_an_event_of_another_campaign_is_not_there(admin, make_campaign, make_event):
    event, other = make_event(), make_campaign()
    for rest in (f"/{event.pk}", f"/{event.pk}/delete", f"/{event.pk}/messages"):
        assert admin.get(place(other, rest)).status_code == 404
    assert admin.post(place(other, f"/{event.pk}/switch"), {"enabled": "0"}).status_code == 404


def test_many_events_take_as_many_queries_as_one(admin, campaign, make_event):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            admin.get(place(campaign))
        return len(caught)

    make_event()
    queries()  # the first visit of a session reads more
    few = queries()
    for n in range(10):
        make_event(label=f"E{n}")
    assert queries() == few


def test_a_lead_shows_its_messages_among_its_deliveries_and_in_its_timeline(admin, campaign, make_event, make_leads, bob):
    event = make_event(label="Postback to Pat")
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    Message.objects.update(state="needs_person", answer="Answered 404 Not Found", status=404, attempts=1)
    for tab in ("deliveries", "timeline"):
        page = admin.get(f"/v2/leads/{lead.pk}/{tab}").content.decode()
        assert "Postback to Pat" in page
        assert "Answered 404 Not Found" in page
        assert "Needs a person" in page
    services.remove_event(event.pk, actor=bob)
    page = admin.get(f"/v2/leads/{lead.pk}/deliveries").content.decode()
    assert "Postback to Pat (deleted)" in page
    assert admin.get(f"/v2/leads/{lead.pk}/timeline?source=events").status_code == 200
