"""Changes of outbound events: who makes them, what is refused, what is recorded, and what becomes of messages."""

import pytest

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.credentials import encryption
from config.core.errors import DomainError
from config.core.models import AuditEntry
from integrations.messages import withdrawal
from integrations.models import Destination, Message, OutboundEvent
from integrations.outbound_events import services
from integrations.outbound_events.headers import stored_headers
from integrations.outbound_events.selectors import counts_of, events_for, may_change_events
from tests.cast import make_user
from tests.integrations.outbound_events.conftest import URL
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db
SECRET = "sesame-open-42"


def refusal(act, **values) -> tuple[str | None, str]:
    with pytest.raises(DomainError) as caught:
        act(**values)
    return caught.value.field, caught.value.message


def test_an_event_has_a_destination_and_an_entry_in_the_audit_trail(make_event, campaign):
    event = make_event(headers=[{"name": "X-Key", "value": SECRET}])
    assert Destination.objects.get().event == event
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.page, entry.campaign_id) == ("outbound event added", "Tracking events", campaign.pk)
    assert entry.after["headers"] == ["X-Key"]
    assert SECRET not in str(entry.after)


def test_values_of_headers_are_stored_encrypted_and_kept_where_they_are_left_empty(make_event, bob):
    event = make_event(headers=[{"name": "X-Key", "value": SECRET}, {"name": "X-Other", "value": "b"}])
    assert SECRET.encode() not in bytes(event.sealed_headers)
    assert SECRET in encryption.unseal(event.sealed_headers)
    rows = [{"name": "x-key", "value": ""}, {"name": "X-New", "value": "{leadId}"}]
    event = services.update_event(event.pk, {"headers": rows}, actor=bob)
    assert stored_headers(event) == {"x-key": SECRET, "X-New": "{leadId}"}
    assert event.placeholders == ["leadId"]
    assert refusal(services.update_event, event_id=event.pk, values={"headers": [{"name": "X-Key2", "value": ""}]}, actor=bob) == (
        "headers", "Row 1: give the value of X-Key2."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "https://hooks.example/?a={nobodyKnows}"}, "url"),
        ({"url": "https://{company}.example/"}, "url"),
        ({"url": "https://hooks.example/{company"}, "url"),
        ({"url": "ftp://hooks.example/"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": ""}, "url"),
        ({"url": "https://hooks.example/" + "x" * 2_000}, "url"),
        ({"url": ["https://hooks.example/"]}, "url"),
        ({"trigger": "conversion"}, "trigger"),
        ({"trigger": None}, "trigger"),
        ({"method": "DELETE"}, "method"),
        ({"label": ""}, "label"),
        ({"label": "x" * 121}, "label"),
        ({"label": "a\u202eb"}, "label"),
        ({"label": "a\x00b"}, "label"),
        ({"publisher": 2**60}, "publisher"),
        ({"publisher": True}, "publisher"),
        ({"headers": [{"name": "Host", "value": "x"}]}, "headers"),
        ({"headers": [{"name": "Webhook-Id", "value": "x"}]}, "headers"),
        ({"headers": [{"name": "X-A", "value": "a\r\nX-B: 1"}]}, "headers"),
        ({"headers": [{"name": "X-A", "value": "{nobodyKnows}"}]}, "headers"),
        ({"headers": [{"name": "X-A", "value": "1"}, {"name": "x-a", "value": "2"}]}, "headers"),
        ({"headers": [{"name": "X-A", "value": "1", "more": "2"}]}, "headers"),
        ({"headers": "X-A: 1"}, "headers"),
        ({"headers": [{"name": f"X-{n}", "value": "1"} for n in range(21)]}, "headers"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_work_is_refused_beside_its_field(values, field, make_event):
    assert refusal(make_event, **values)[0] == field
    assert not OutboundEvent.objects.exists()


def test_the_names_of_placeholders_are_those_of_mappings_and_fields_of_the_leads(make_event):
    event = make_event(url="https://hooks.example/{company}?a={ leadHash }&b={publisherName}&c={company}")
    assert event.placeholders == ["company", "leadHash", "publisherName"]


def test_a_change_that_changes_nothing_leaves_no_entry(make_event, bob):
    event = make_event(headers=[{"name": "X-Key", "value": SECRET}])
    entries = AuditEntry.objects.count()
    services.update_event(event.pk, {"url": URL, "label": event.label, "headers": [{"name": "X-Key", "value": SECRET}]}, actor=bob)
    services.switch_event(event.pk, True, actor=bob)
    assert AuditEntry.objects.count() == entries
    services.update_event(event.pk, {"headers": [{"name": "X-Key", "value": "other"}]}, actor=bob)
    entry = AuditEntry.objects.latest("pk")
    assert entry.after == {"headers_changed": True}


def test_a_change_over_somebody_elses_is_refused(make_event, bob):
    event = make_event()
    services.update_event(event.pk, {"label": "Other"}, actor=bob, seen_at=event.updated_at)
    with pytest.raises(services.EventChangedMeanwhile):
        services.update_event(event.pk, {"label": "Mine"}, actor=bob, seen_at=event.updated_at)
    with pytest.raises(services.EventChangedMeanwhile):
        services.remove_event(event.pk, actor=bob, seen_at=event.updated_at)


@pytest.mark.sql
def test_a_removed_event_withdraws_what_waits_and_forgets_its_headers(campaign, make_event, make_leads, bob):
    event = make_event(headers=[{"name": "X-Key", "value": SECRET}])
    make_leads(campaign, 4)
    judge_all(campaign)
    sent, stuck, *_ = Message.objects.order_by("pk")
    Message.objects.filter(pk=sent.pk).update(state="sent")
    Message.objects.filter(pk=stuck.pk).update(state="needs_person")
    counts = counts_of([event])[event.pk]
    assert (counts.sent.n, counts.waiting.n, counts.needs_person.n, str(counts.open)) == (1, 2, 1, "3")
    assert services.remove_event(event.pk, actor=bob) == 3
    assert list(Message.objects.order_by("pk").values_list("state", "answer")) == [
        ("sent", ""),
        *[("withdrawn", "The event was deleted")] * 3,
    ]
    assert bytes(OutboundEvent.objects.get().sealed_headers) == b""
    assert AuditEntry.objects.latest("pk").severity == "high"
    assert refusal(services.remove_event, event_id=event.pk, actor=bob)[1] == services.NO_EVENT


@pytest.mark.sql
def test_more_messages_than_one_call_withdraws_are_withdrawn_by_the_sweep(campaign, make_event, make_leads, bob, monkeypatch):
    monkeypatch.setattr(withdrawal, "AT_MOST", 2)
    monkeypatch.setattr(services, "AT_MOST", 2)
    monkeypatch.setattr(services.withdraw_messages, "__kwdefaults__", {"at_most": 2})
    event = make_event()
    kept = make_event(label="Kept")
    make_leads(campaign, 3)
    judge_all(campaign)
    assert services.remove_event(event.pk, actor=bob) == 2
    assert services.withdraw_of_removed() == 1
    assert services.withdraw_of_removed() == 0
    assert Message.objects.filter(state="queued", destination=kept.destination).count() == 3


def test_roles_that_see_leads_masked_set_up_no_event(campaign, make_event):
    event, user = make_event(), make_user(roles.ADMIN_MASKED)
    actor = Actor(user.name, user.pk, None)
    for act in (
        lambda: services.add_event(campaign, {"label": "x", "url": URL}, actor=actor),
        lambda: services.update_event(event.pk, {"label": "x"}, actor=actor),
        lambda: services.switch_event(event.pk, False, actor=actor),
        lambda: services.remove_event(event.pk, actor=actor),
    ):
        assert refusal(act)[1] == services.MASKED


def test_a_campaign_has_a_bounded_number_of_events(make_event, monkeypatch):
    monkeypatch.setattr(services, "MOST_EVENTS", 2)
    make_event()
    make_event()
    assert "at most 2" in refusal(make_event)[1]


CHANGES_EVENTS = {roles.ADMIN, roles.SUPER, roles.AGENCY}


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_who_manages_the_campaign_and_sees_its_leads_may_change_events(role, campaign, make_campaign):
    user, template = make_user(role), make_campaign("Template", is_template=True)
    assert may_change_events(user, campaign) == (role in CHANGES_EVENTS)
    assert may_change_events(user, template) == (role in CHANGES_EVENTS - {roles.AGENCY})


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_each_role_reads_the_events_of_campaigns_that_it_manages_and_no_others(role, make_event):
    event, user = make_event(), make_user(role)
    assert list(events_for(user)) == ([event] if role in roles.SEES_EVERYTHING & roles.MANAGES_CAMPAIGNS else [])
