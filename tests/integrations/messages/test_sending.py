"""Messages on the machinery of deliveries: claims, retries, the log, orders, a receiver that is away, and workers that die."""

import random
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from campaigns import services as campaign_services
from config.core.errors import DomainError
from config.core.models import Notification, User
from integrations import tasks
from integrations.delivery import recovery, scheduler, turns, unrecorded
from integrations.messages import services
from integrations.messages.kinds import message_kinds
from integrations.messages.recorder import MessageRecorder
from integrations.messages.selectors import attempts_of_message, messages_in_need, messages_in_need_count
from integrations.models import Destination, Message, OutboundEvent
from leads.models import LeadNote
from processr.models import Event
from tests.embedded.installation import until
from tests.integrations.engine import worker
from tests.integrations.engine.test_turns import rows_read
from tests.integrations.messages.conftest import KIND, Posts, due_now, names_of, queue, states
from tests.module_cast import ANEW
from tests.races import at_once, in_own_session

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.sql
def test_a_message_is_sent_once_with_its_id_and_logged(campaign, event_to, receiver, make_leads):
    (lead,) = make_leads(campaign)
    destination = event_to(campaign, receiver.url("ok"))
    queue(destination, "first", lead_id=lead.pk)
    assert scheduler.serve_destinations(seconds=5) is False

    (message,) = Message.objects.all()
    assert (message.state, message.answer, message.status, message.attempts) == ("sent", "Answered 200 OK", 200, 1)
    assert receiver.got == [(message.message_id, "first")]
    (event,) = attempts_of_message(message)
    assert (event.lead_id, event.campaign_id, event.outcome, event.job_id) == (lead.pk, campaign.pk, "success", None)
    assert event.message.startswith("POST ")
    destination.refresh_from_db()
    assert destination.served_at is not None
    assert destination.sent_counts.get().n == 1


@pytest.mark.parametrize(("how", "state"), [("status?code=500", "queued"), ("status?code=404", "needs_person"), ("lies", "queued")])
def test_answers_mean_what_they_mean_to_deliveries(how, state, campaign, event_to, receiver):
    queue(event_to(campaign, receiver.url(how)), "one")
    scheduler.serve_destinations(seconds=5)
    assert states() == [state]


@pytest.mark.parametrize("how", ["closes", "slow?seconds=3"])
def test_one_in_doubt_is_sent_again_with_the_same_id_or_needs_a_person(how, campaign, event_to, receiver, posts, monkeypatch):
    queue(event_to(campaign, receiver.url(how)), "one")
    scheduler.serve_destinations(seconds=5)
    assert states() == ["queued"]
    monkeypatch.setattr(posts, "safe_to_repeat", False)
    due_now()
    scheduler.serve_destinations(seconds=5)
    assert states() == ["needs_person"]
    assert len({message_id for message_id, _ in receiver.got}) == 1


def test_retry_after_is_honoured(campaign, event_to, receiver):
    queue(event_to(campaign, receiver.url("status", code=429, wait=7_200)), "one")
    scheduler.serve_destinations(seconds=5)
    (message,) = Message.objects.all()
    assert timedelta(hours=2) - timedelta(seconds=20) < message.not_before - timezone.now() <= timedelta(hours=2)


def test_nothing_of_a_key_overtakes_what_waits_or_needs_a_person(campaign, event_to, receiver, bob):
    """The first one is refused: what follows it in its order waits for a person too, others go on."""
    destination = event_to(campaign, receiver.url("status", code=400))
    queue(destination, "a1", key="a")
    scheduler.serve_destinations(seconds=5)
    OutboundEvent.objects.update(url=receiver.url("ok"))
    queue(destination, "a2", "a3", key="a")
    queue(destination, "b1", key="b")
    queue(destination, "free")
    scheduler.serve_destinations(seconds=5)
    assert states() == ["needs_person", "queued", "queued", "sent", "sent"]

    (stuck,) = Message.objects.filter(state="needs_person")
    services.retry([stuck.pk], actor=bob)
    assert scheduler.serve_destinations(seconds=5) is False
    assert states() == ["sent"] * 5
    assert [name for name in names_of(receiver)[1:] if name.startswith("a")] == ["a1", "a2", "a3"]


def test_what_is_given_up_holds_up_nothing(campaign, event_to, receiver, bob, make_leads):
    (lead,) = make_leads(campaign)
    destination = event_to(campaign, receiver.url("status", code=400))
    queue(destination, "a1", "a2", key="a", lead_id=lead.pk)
    scheduler.serve_destinations(seconds=5)
    (first, second) = Message.objects.order_by("pk")
    assert (first.state, second.state) == ("needs_person", "queued")
    with pytest.raises(DomainError):
        services.give_up([first.pk], actor=bob, reason="  ")
    result = services.give_up([first.pk, second.pk, 999_999], actor=bob, reason="They closed")
    assert result.ids == [first.pk]
    assert result.refused == {second.pk: "already waiting to be sent", 999_999: "not found"}
    note = LeadNote.objects.get(lead_id=lead.pk, kind="delivery")
    assert (note.changes, note.reason) == ([["Event Tell them", "Needs a person", "Given up"]], "They closed")
    OutboundEvent.objects.update(url=receiver.url("ok"))
    scheduler.serve_destinations(seconds=5)
    assert states() == ["failed", "sent"]


class Moody(Posts):
    """Answers each attempt as chance has it: taken, later, never, or in doubt after it was taken."""

    chance = random.Random(15)

    def send(self, message: Message):
        assert self.destination.event
        how = self.chance.choice(["ok", "ok", "closes", "status?code=503", "status?code=409"])
        self.destination.event.url = f"{self.destination.event.url.rpartition('/')[0]}/{how}"
        return super().send(message)


def test_order_holds_under_three_workers_in_any_order_of_failures(campaign, event_to, receiver, bob, monkeypatch):
    monkeypatch.setitem(message_kinds._plugins, KIND, Moody)
    monkeypatch.setattr(turns, "FIRST_REST", timedelta(0))
    destinations = [event_to(campaign, receiver.url("ok")) for _ in range(3)]
    for number in range(6):
        for destination in destinations:
            for key in "abcd":
                queue(destination, f"{destination.pk}{key}{number}", key=key)

    def work() -> None:
        scheduler.serve_destinations(seconds=5)

    for _ in range(200):
        assert at_once(work, work, work) == []
        if set(states()) == {"sent"}:
            break
        services.retry(Message.objects.filter(state="needs_person").values_list("pk", flat=True), actor=bob)
        due_now()
    assert set(states()) == {"sent"}

    first_seen: defaultdict[str, list[int]] = defaultdict(list)
    for name in names_of(receiver):
        first_seen[name[:-1]].append(int(name[-1]))
    assert len(first_seen) == 12
    for numbers in first_seen.values():
        assert set(numbers) == set(range(6))
        assert all(later - earlier in (0, 1) for earlier, later in pairwise(numbers)), "a number is repeated or followed by the next"


def test_a_receiver_that_is_away_for_two_days_gets_everything_once_and_in_order(campaign, event_to, receiver, bob, closed_port):
    """The clock of the rows is moved: each look is a quarter of an hour later, as the rest is at most."""
    destination = event_to(campaign, closed_port)
    for number in range(5):
        queue(destination, *(f"{key}{number}" for key in "ab"))
    Message.objects.update(order_key="")
    for key in "ab":
        Message.objects.filter(body__name__startswith=key).update(order_key=key)
    with connection.cursor() as cursor:
        for _ in range(2 * 24 * 4):
            scheduler.serve_destinations(seconds=5)
            cursor.execute(
                "UPDATE integrations_message SET not_before = not_before - interval '15 minutes', "
                "first_tried_at = first_tried_at - interval '15 minutes', answered_at = answered_at - interval '15 minutes'"
            )
            cursor.execute("UPDATE integrations_destination SET waits_until = waits_until - interval '15 minutes'")
    assert states() == ["needs_person", "needs_person", *["queued"] * 8]
    destination.refresh_from_db()
    assert destination.failing_since is not None
    assert destination.waits_for == "unreachable"
    assert max(Message.objects.values_list("attempts", flat=True)) < 24, "it is tried ever more rarely"

    OutboundEvent.objects.update(url=receiver.url("ok"))
    services.retry(Message.objects.filter(state="needs_person").values_list("pk", flat=True), actor=bob)
    scheduler.serve_destinations(seconds=5)
    assert states() == ["sent"] * 10
    got = names_of(receiver)
    assert sorted(got) == sorted(f"{key}{number}" for key in "ab" for number in range(5))
    assert [name for name in got if name[0] == "a"] == [f"a{number}" for number in range(5)]
    destination.refresh_from_db()
    assert (destination.failing_since, destination.rests) == (None, 0)


def test_a_dead_destination_rests_longer_each_time_and_holds_up_no_other(campaign, event_to, receiver, closed_port):
    dead, living = event_to(campaign, closed_port), event_to(campaign, receiver.url("ok"))
    User.objects.create_user("ann", role="admin")
    queue(dead, *map(str, range(30)))
    queue(living, *map(str, range(30)))
    scheduler.serve_destinations(seconds=10)
    assert states(living) == ["sent"] * 30
    tried = Message.objects.filter(destination=dead, attempts=1).count()
    assert 8 <= tried < 30
    rests = []
    for _ in range(6):
        dead.refresh_from_db()
        rests.append(round((dead.waits_until - timezone.now()).total_seconds() / 60))
        due_now()
        scheduler.serve_destinations(seconds=5)
    assert rests == [1, 2, 4, 8, 15, 15]
    assert Event.objects.filter(source__destination=dead.pk).count() == tried + 6, "one call ends each rest"
    assert Notification.objects.filter(user__username="ann").count() == 1, "told once, however often it rests"

    OutboundEvent.objects.filter(pk=dead.event_id).update(url=receiver.url("ok"))
    due_now()
    scheduler.serve_destinations(seconds=5)
    assert states(dead) == ["sent"] * 30
    assert Notification.objects.filter(user__username="ann").count() == 2, "and once that it answers again"


def test_messages_wait_while_their_event_is_off_or_the_campaigns_integrations_are_paused(campaign, event_to, receiver, bob):
    queue(event_to(campaign, receiver.url("ok")), "one")
    OutboundEvent.objects.update(enabled=False)
    scheduler.serve_destinations(seconds=5)
    OutboundEvent.objects.update(enabled=True)
    campaign_services.pause(campaign.pk, actor=bob, integrations=True)
    scheduler.serve_destinations(seconds=5)
    assert states() == ["queued"]
    campaign_services.resume(campaign.pk, actor=bob)
    scheduler.serve_destinations(seconds=5)
    assert states() == ["sent"]


def test_a_failed_message_of_a_removed_event_is_withdrawn(campaign, event_to, receiver, posts, monkeypatch):
    queue(event_to(campaign, receiver.url("status", code=500)), "one")
    send = posts.send

    def removed_meanwhile(self, message):
        in_own_session(lambda: OutboundEvent.objects.update(removed_at=timezone.now()))
        return send(self, message)

    monkeypatch.setattr(posts, "send", removed_meanwhile)
    scheduler.serve_destinations(seconds=5)
    assert states() == ["withdrawn"]


@pytest.mark.parametrize(("safe", "state"), [(True, "queued"), (False, "needs_person")])
def test_what_a_killed_worker_was_sending_is_repeated_or_needs_a_person(safe, state, campaign, event_to, receiver, posts, monkeypatch):
    monkeypatch.setattr(posts, "safe_to_repeat", safe)
    queue(event_to(campaign, receiver.url("held")), "a", "b")
    process = worker.start()
    try:
        until(lambda: receiver.at_once == 2, "two messages are being sent", within=60)
    finally:
        process.kill()
        process.join()
    receiver.let_go()
    assert until(recovery.free_orphans, "what the dead worker had is free", within=10) == 2
    assert states() == [state] * 2
    assert Event.objects.filter(kind="message", outcome="error" if safe else "failure").count() == 2


def test_a_claim_that_was_lost_leaves_the_message_alone(campaign, event_to, receiver, posts, monkeypatch):
    queue(event_to(campaign, receiver.url("ok")), "one")
    send = posts.send

    def freed_meanwhile(self, message):
        in_own_session(lambda: recovery.free_stale(-1))
        in_own_session(lambda: Message.objects.update(state="failed"))
        return send(self, message)

    monkeypatch.setattr(posts, "send", freed_meanwhile)
    scheduler.serve_destinations(seconds=5)
    assert states() == ["sent"], "it arrived, whatever else was decided"
    assert Event.objects.filter(kind="message").count() == 2


def test_messages_of_a_kind_that_is_gone_stay_and_cannot_be_sent_again(campaign, event_to, receiver, bob, monkeypatch):
    destination = event_to(campaign, receiver.url("ok"))
    queue(destination, "one", "two")
    Message.objects.filter(body__name="two").update(state="needs_person", answer="no")
    monkeypatch.delitem(message_kinds._plugins, KIND)
    scheduler.serve_destinations(seconds=5)
    assert states() == ["queued", "needs_person"]
    stuck = Message.objects.get(state="needs_person")
    assert services.retry([stuck.pk], actor=bob).refused == {stuck.pk: "its kind of message is no longer available"}
    Message.objects.update(state="sending", claim=uuid4(), claimed_at=timezone.now() - timedelta(minutes=1))
    assert in_own_session(recovery.free_orphans) == 2
    assert states() == ["needs_person"] * 2


def test_answers_that_could_not_be_recorded_are_read_from_their_file(campaign, event_to, receiver, monkeypatch):
    queue(event_to(campaign, receiver.url("ok")), "one")
    record = MessageRecorder.record

    def away(*_, **__):
        raise OperationalError("the database is away")

    monkeypatch.setattr(unrecorded, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(MessageRecorder, "record", away)
    scheduler.serve_destinations(seconds=5)
    assert in_own_session(lambda: states()) == ["sending"]
    monkeypatch.setattr(MessageRecorder, "record", record)
    in_own_session(tasks.sweep)
    assert in_own_session(lambda: states()) == ["sent"]


def test_those_who_manage_the_campaign_see_what_needs_a_person(campaign, make_campaign, event_to, receiver):
    for owner in (campaign, make_campaign()):
        queue(event_to(owner, receiver.url("status", code=404)), "one")
    scheduler.serve_destinations(seconds=5)
    admin, publisher = (User.objects.create_user(role, role=role) for role in ("admin", "publisher"))
    assert messages_in_need(admin).count() == messages_in_need_count(admin).n == 2
    assert not messages_in_need(publisher).exists()


def test_looking_for_what_is_due_costs_the_same_however_much_waits(campaign, event_to, closed_port):
    """Whatever is not due, or follows something open of its key, is passed over without a look at each."""
    destination = event_to(campaign, closed_port)
    Destination.objects.filter(pk=destination.pk).update(waits_until=timezone.now() + timedelta(minutes=5))
    other = event_to(campaign, closed_port)
    later = timezone.now() + timedelta(hours=1)
    rows = [Message(kind=KIND, destination=destination, body={}) for _ in range(2_000)]
    rows += [Message(kind=KIND, destination=other, body={}, not_before=later) for _ in range(2_000)]
    Message.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE integrations_message")
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + turns._NEXT, {"resting": [], "only": None, "types": []})
        plan = cursor.fetchone()[0][0]["Plan"]
    assert rows_read(plan) < 20
