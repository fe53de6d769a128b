"""Resending all that failed since a moment: counted first, then by a run, the oldest first."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from config.core.accounts import roles
from config.core.background import runs
from config.core.models import AuditEntry, Notification
from integrations import actions, services
from integrations.actions import ResendRun
from integrations.delivery import claims
from integrations.models import Delivery, DeliveryAction, Destination, Message, OutboundEvent
from integrations.models.delivery import UNTIL_RELEASED
from processr.services import remove_job
from tests.integrations.screens.conftest import invalid

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = "%Y-%m-%dT%H:%M"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    for module in (services, actions):
        monkeypatch.setattr(module, "AT_MOST", 3)


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def page_of(job) -> str:
    return f"/v2/campaigns/{job.campaign_id}/processr/{job.pk}/sending/resend"


def tried(rows, ago: timedelta, **fields) -> list[int]:
    ids = [row.pk for row in rows]
    Delivery.objects.filter(pk__in=ids).update(answered_at=timezone.now() - ago, **fields)
    return ids


def waits(delivery_rows, ago: timedelta, **fields) -> list[int]:
    return tried(delivery_rows, ago, **{"attempts": 2, "not_before": timezone.now() + 4 * HOUR, "state": "queued", **fields})


def since(ago: timedelta) -> str:
    return f"{timezone.now() - ago:{MINUTE}}"


def work(action) -> DeliveryAction:
    runs.work_on(ResendRun, action.pk)
    action.refresh_from_db()
    return action


def test_what_failed_since_then_becomes_due_oldest_first(reader, crm, deliver):
    old_waiting = waits(deliver(crm, 4), HOUR)
    in_need = tried(deliver(crm, 5, state="needs_person"), HOUR)
    young_waiting = waits(deliver(crm, 2), HOUR)
    earlier = tried(deliver(crm, 2, state="needs_person"), 5 * HOUR)
    earlier_waiting = waits(deliver(crm, 1), 5 * HOUR)
    given_up = tried(deliver(crm, 1, state="failed"), HOUR)
    sent = tried(deliver(crm, 1, state="sent"), HOUR)
    held = waits(deliver(crm, 1), HOUR, held_for="over_delivery", not_before=UNTIL_RELEASED)
    Destination.objects.create(job=crm, waits_for="unreachable", waits_until=timezone.now() + HOUR, failing_since=timezone.now())
    ann = reader().client
    shown = words(ann.get(page_of(crm), {"since": since(2 * HOUR)}))
    assert "11 would be sent again" in shown
    assert "Need a person 5" in shown
    assert "Wait for a later retry 6" in shown
    assert "What a person has given up stays ended." in shown
    assert not DeliveryAction.objects.exists()
    answer = ann.post(page_of(crm), {"since": since(2 * HOUR)}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/v2/deliveries/actions/{DeliveryAction.objects.get().pk}"
    action = work(DeliveryAction.objects.get())
    assert (action.state, action.total, action.done, action.failed) == ("done", 11, 11, 0)
    assert "11" in words(ann.get(f"/v2/deliveries/actions/{action.pk}"))
    due = Delivery.objects.filter(state="queued", not_before__lte=timezone.now()).order_by("not_before", "pk")
    assert list(due.values_list("pk", flat=True)) == [*old_waiting, *in_need, *young_waiting]
    untouched = Delivery.objects.filter(pk__in=[*earlier, *earlier_waiting, *given_up, *sent, *held]).order_by("pk")
    assert [row.state for row in untouched] == ["needs_person", "needs_person", "queued", "failed", "sent", "queued"]
    assert untouched.filter(not_before__gt=timezone.now()).count() == 2
    assert Destination.objects.get().waits_for == ""
    assert AuditEntry.objects.filter(action="Resend what failed: begun").exists()
    assert Notification.objects.get().text == "Resending to CRM is complete: 11 deliveries will be sent again, 0 skipped."


def test_what_cannot_be_sent_is_skipped_and_named(reader, crm, deliver):
    rows = deliver(crm, 3, state="needs_person")
    invalid(rows[0].lead)
    reader().client.post(page_of(crm), {"since": since(HOUR)})
    action = work(DeliveryAction.objects.get())
    assert (action.done, action.failed, action.skipped) == (2, 1, {"no longer Valid": 1})


def test_what_fails_again_meanwhile_is_not_sent_a_third_time(reader, crm, deliver, bob):
    rows = deliver(crm, 2, state="needs_person")
    action = actions.begin_resend(crm, timezone.now() - HOUR, actor=bob)
    tried(rows[:1], -HOUR / 60)
    assert (work(action).done, Delivery.objects.get(pk=rows[0].pk).state) == (1, "needs_person")


def test_of_an_event_its_messages_are_sent_again(reader, campaign):
    event = OutboundEvent.objects.create(campaign=campaign, label="Tell Pat", trigger="valid", url="https://pat.example/")
    row, now = Destination.objects.create(event=event), timezone.now()
    failed = {"kind": "outbound_event", "destination": row, "attempts": 1, "answered_at": now - HOUR}
    first = Message.objects.create(**failed, not_before=now + HOUR)
    second = Message.objects.create(**failed, state="needs_person")
    Message.objects.create(**failed, state="failed")
    page = f"/v2/campaigns/{campaign.pk}/tracking/events/{event.pk}/sending/resend"
    ann = reader().client
    assert "2 would be sent again" in words(ann.get(page, {"since": since(2 * HOUR)}))
    ann.post(page, {"since": since(2 * HOUR)})
    assert work(DeliveryAction.objects.get()).done == 2
    due = Message.objects.filter(state="queued", not_before__lte=timezone.now()).order_by("not_before", "pk")
    assert [message.pk for message in due] == [first.pk, second.pk]


def test_they_are_claimed_in_this_order(reader, crm, deliver, bob):
    waiting = waits(deliver(crm, 2), HOUR)
    in_need = tried(deliver(crm, 2, state="needs_person"), HOUR)
    work(actions.begin_resend(crm, timezone.now() - 2 * HOUR, actor=bob))
    claimed = claims.claim(crm.pk, token=uuid4(), limit=10)
    assert [row.pk for row in claimed] == [*waiting, *in_need]


def test_it_begins_with_a_moment_that_says_how_far_back(reader, crm, deliver):
    tried(deliver(crm, 1, state="needs_person"), 30 * HOUR)
    ann = reader().client
    assert "Nothing has failed since" in words(ann.get(page_of(crm)))
    Destination.objects.create(job=crm, failing_since=timezone.now() - 48 * HOUR)
    assert "1 would be sent again" in words(ann.get(page_of(crm)))


@pytest.mark.parametrize("typed", ["", "yesterday", "9999-12-31T23:59", "0001-01-01T00:00", "1999-12-31T23:59", "\x00", "2026-13-01T00:00"])
def test_a_moment_that_is_none_begins_nothing(reader, crm, typed):
    ann = reader().client
    assert ann.get(page_of(crm), {"since": typed}).status_code == 200
    assert ann.post(page_of(crm), {"since": typed}).status_code == 422
    assert not DeliveryAction.objects.exists()


def test_masked_roles_may_resend_as_they_may_retry(reader, crm, deliver):
    deliver(crm, 1, state="needs_person")
    reader(roles.ADMIN_MASKED).client.post(page_of(crm), {"since": since(HOUR)})
    assert work(DeliveryAction.objects.get()).done == 1


def test_a_removed_integration_is_sent_nothing(reader, crm, deliver, bob):
    page = page_of(crm)
    remove_job(crm.pk, actor=bob)
    assert reader().client.post(page, {"since": since(HOUR)}).status_code == 404
    assert not DeliveryAction.objects.filter(type="resend").exists()


def test_whoever_lost_sight_of_the_campaign_sends_nothing_more(member, crm, deliver):
    rows = deliver(crm, 2, state="needs_person")
    agent = member(roles.AGENCY)
    action = actions.begin_resend(crm, timezone.now() - HOUR, actor=services.Actor(agent.name, agent.pk))
    agent.memberships.all().delete()
    assert work(action).state == "failed"
    assert Delivery.objects.filter(pk__in=[row.pk for row in rows], state="needs_person").count() == 2


def test_it_can_be_stopped(reader, crm, deliver, bob):
    deliver(crm, 2, state="needs_person")
    ann = reader()
    ann.client.post(page_of(crm), {"since": since(HOUR)})
    action = DeliveryAction.objects.get()
    ann.client.post(f"/v2/deliveries/actions/{action.pk}/stop")
    assert work(action).state == "stopped"


@pytest.mark.sql
def test_the_same_resend_twice_is_one_run_and_another_waits_for_it(reader, crm, deliver):
    tried(deliver(crm, 3, state="needs_person"), HOUR)
    ann, at = reader().client, since(2 * HOUR)
    first, second = (ann.post(page_of(crm), {"since": at}) for _ in range(2))
    assert first["Location"] == second["Location"]
    other = ann.post(page_of(crm), {"since": since(3 * HOUR)}, follow=True)
    assert "being sent again already" in words(other)
    action = work(DeliveryAction.objects.get())
    assert (action.state, action.done) == ("done", 3)
    ann.post(page_of(crm), {"since": at})
    assert DeliveryAction.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "kept"), [("1,000", 1000), (" 12 345 ", 12345), ("1’000’000", 1_000_000), ("2\u202f500", 2500), ("60", 60)]
)
def test_a_number_is_read_with_its_thousands_set_apart(reader, crm, typed, kept):
    page = f"/v2/campaigns/{crm.campaign_id}/processr/{crm.pk}/sending"
    form = {"act": "save", "when": "always", "per_minute": "", "cap_week": "", "cap_month": ""}
    assert reader().client.post(page, form | {"cap_day": typed}).status_code == 302
    assert Destination.objects.get().cap_day == kept
    for wrong in ("1,00", "10,00,000", "1,000.5", "1,000 000"):
        assert reader().client.post(page, form | {"cap_day": wrong}).status_code == 422
