"""Turns of integrations: their order, how much is sent at once, and which are left out."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import services as campaign_services
from campaigns.models import Campaign
from config.core.background import locks
from config.core.extension_points import queue_sources
from integrations import tasks
from integrations.base import Attempt
from integrations.delivery import scheduler, sender, turns, waits
from integrations.models import Delivery, Destination
from leads import lifecycle
from processr import integrity as processr_integrity
from processr import services
from processr.job_types.registry import job_types
from processr.models import Event, Job
from tests.integrations.engine.conftest import KIND, deliveries, due_now, later, never, sent, silent, states, unclear
from tests.races import waits_while_held

pytestmark = pytest.mark.django_db


def test_an_integration_is_picked_by_one_worker_at_a_time():
    waits_while_held(locks.PICK_INTEGRATION, lambda: turns.next_in_turn(resting=[]))


class Sender:
    """A part that takes its time, and notes whom it got, and how many at once."""

    def __init__(self, answer=sent, seconds: float = 0) -> None:
        self.got: list[int] = []
        self.at_once = self.most_at_once = 0
        self._answer, self._seconds, self._lock, self._never = answer, seconds, threading.Lock(), threading.Event()

    def __call__(self, outgoing) -> Attempt:
        with self._lock:
            self.got.append(outgoing.lead.id)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self._never.wait(self._seconds)
        with self._lock:
            self.at_once -= 1
        return self._answer(outgoing)


@pytest.mark.parametrize("safe", [True, False])
def test_as_many_are_sent_side_by_side_as_the_integration_says_and_no_more(safe, campaign, plays, valid):
    part = Sender(seconds=0.05)
    plays(campaign, part, safe=safe, concurrency=3)
    leads = valid(campaign, 24)
    scheduler.serve_destinations(seconds=10)
    assert part.most_at_once == 3
    assert part.got == [lead.pk for lead in leads]
    assert states() == ["sent"] * 24


def test_no_more_than_32_are_sent_side_by_side(campaign, plays, valid):
    part = Sender(seconds=0.05)
    plays(campaign, part, safe=True, concurrency=500)
    valid(campaign, 100)
    scheduler.serve_destinations(seconds=10)
    assert part.most_at_once <= 32


@pytest.mark.parametrize(("safe", "claimed"), [(True, 4 * sender.AHEAD), (False, 4)])
def test_of_what_is_not_safe_to_repeat_no_more_is_claimed_than_is_sent_at_once(safe, claimed, campaign, plays, valid, monkeypatch):
    taken = []
    claim = sender.claims.claim
    monkeypatch.setattr(sender.claims, "claim", lambda *args, **how: taken.append(how["limit"]) or claim(*args, **how))
    plays(campaign, sent, safe=safe, concurrency=4)
    valid(campaign, 40)
    scheduler.serve_destinations(seconds=10)
    assert max(taken) == claimed
    assert states() == ["sent"] * 40


def test_a_short_queue_is_served_before_a_long_one_is_done(make_campaign, plays, valid, monkeypatch):
    monkeypatch.setattr(sender, "BEGIN_SECONDS", 0.2)
    order: list[str] = []
    many, few = make_campaign(), make_campaign()
    long = Sender(lambda outgoing: order.append("long") or sent(outgoing), seconds=0.02)
    plays(many, long, key="long", concurrency=2)
    plays(few, Sender(lambda outgoing: order.append("short") or sent(outgoing)), key="short")
    valid(many, 60)
    valid(few, 1)

    scheduler.serve_destinations(seconds=60)

    assert (order.count("long"), order.count("short")) == (60, 1)
    assert order.index("short") < 59


def test_of_several_the_one_that_was_served_longest_ago_comes_first(make_campaign, plays, valid, monkeypatch):
    monkeypatch.setattr(sender.IntegrationTurn, "_claim_more", lambda self: None)
    order: list[str] = []
    for name in ("a", "b", "c"):
        campaign = make_campaign()
        plays(campaign, lambda outgoing, name=name: order.append(name) or sent(outgoing), key=name, concurrency=1)
        valid(campaign, 3)
    scheduler.serve_destinations(seconds=60)
    assert order == ["a", "b", "c"] * 3


def test_what_is_disabled_removed_retired_or_goes_by_file_is_not_sent(make_campaign, plays, valid, bob, monkeypatch):
    part = Sender()
    jobs = []
    for name in ("disabled", "retired", "file"):
        campaign = make_campaign()
        jobs.append(plays(campaign, part, key=name, sends=name != "file"))
        valid(campaign, 1)
    services.update_job(jobs[0].pk, actor=bob, changes={"enabled": False})
    monkeypatch.delitem(job_types._plugins, "retired")

    assert scheduler.serve_destinations(seconds=5) is False
    assert (part.got, states()) == ([], ["queued"] * 3)

    services.update_job(jobs[0].pk, actor=bob, changes={"enabled": True})
    scheduler.serve_destinations(seconds=5)
    assert [states(job) for job in jobs] == [["sent"], ["queued"], ["queued"]]


@pytest.mark.parametrize(("integrations", "state"), [(True, "queued"), (False, "sent")])
def test_a_paused_campaign_sends_on_unless_its_integrations_are_paused_too(integrations, state, campaign, plays, valid, bob):
    plays(campaign, sent)
    valid(campaign)
    campaign_services.pause(campaign.pk, actor=bob, integrations=integrations)
    scheduler.serve_destinations(seconds=5)
    assert states() == [state]

    if integrations:
        campaign_services.resume(campaign.pk, actor=bob)
        scheduler.serve_destinations(seconds=5)
        assert states() == ["sent"]


def test_an_ended_campaign_sends_on(campaign, plays, valid):
    plays(campaign, sent)
    valid(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(end=timezone.now() - timedelta(days=1))
    scheduler.serve_destinations(seconds=5)
    assert states() == ["sent"]


def test_a_pause_stops_a_turn_that_is_under_way(campaign, plays, valid, monkeypatch):
    claim = sender.claims.claim

    def claim_and_pause(*args, **how):
        taken = claim(*args, **how)
        Campaign.objects.filter(pk=campaign.pk).update(paused_at=timezone.now() - timedelta(seconds=1), pause_integrations=True)
        return taken

    monkeypatch.setattr(sender.claims, "claim", claim_and_pause)
    plays(campaign, sent, concurrency=4)
    valid(campaign, 20)
    scheduler.serve_destinations(seconds=5)
    assert sorted(states()) == ["queued"] * 16 + ["sent"] * 4


def test_nothing_is_sent_before_its_time(campaign, plays, valid):
    plays(campaign, sent)
    valid(campaign)
    Delivery.objects.update(not_before=timezone.now() + timedelta(minutes=1))
    assert scheduler.serve_destinations(seconds=5) is False
    assert states() == ["queued"]


@pytest.mark.parametrize("answer", [silent, later, unclear])
def test_a_receiver_that_puts_us_off_again_and_again_rests(answer, campaign, plays, valid):
    part = Sender(answer, seconds=0.01)
    job = plays(campaign, part, safe=True, concurrency=3)
    valid(campaign, 60)

    scheduler.serve_destinations(seconds=10)

    tried = [one for one in deliveries() if one.attempts]
    assert 6 <= len(part.got) == len(tried) <= 6 + 3
    given_back = [one for one in deliveries() if not one.attempts and one.not_before > timezone.now()]
    assert given_back, "what was claimed and not tried is due a minute later, as many attempts as before"
    assert all(one.not_before <= timezone.now() + timedelta(minutes=1) for one in given_back)
    assert states() == ["queued"] * 60
    assert Event.objects.filter(kind="delivery").count() == len(tried)
    assert processr_integrity.job_tallies() == []

    due_now()
    assert scheduler.serve_destinations(seconds=5) is False
    assert len(part.got) == len(tried), "it is left alone for a minute"
    waits.wake(job=job)
    scheduler.serve_destinations(seconds=5)
    assert len(part.got) == len(tried) + 1, "it is tried with one call"


def test_others_are_served_while_receivers_hang(make_campaign, plays, valid):
    """One worker: those that hang are waited for beside the others, and nothing is lost when they answer late or not at all."""
    let_go, late = threading.Event(), Sender(seconds=0)
    served = Sender()

    def hangs(outgoing):
        assert let_go.wait(30)
        return late(outgoing)

    hanging = [make_campaign() for _ in range(3)]
    for number, one in enumerate(hanging):
        plays(one, hangs, key=f"hangs{number}", concurrency=2)
        valid(one, 2)
    up = make_campaign()
    job = plays(up, lambda outgoing: (let_go.set() if len(served.got) == 39 else None, served(outgoing))[1], key="up", concurrency=1)
    valid(up, 40)
    assert scheduler.serve_destinations(seconds=20) is False
    assert states(job) == ["sent"] * 40, "all of them before the others were let go"
    assert states() == ["sent"] * 46
    assert Destination.objects.filter(failing_since=None).count() == 4


@pytest.mark.parametrize("answer", [never, sent])
def test_a_receiver_that_answers_is_sent_everything(answer, campaign, plays, valid):
    part = Sender(answer)
    plays(campaign, part, concurrency=2)
    valid(campaign, 30)
    scheduler.serve_destinations(seconds=10)
    assert len(part.got) == 30
    assert set(states()) == {"sent" if answer is sent else "needs_person"}


def test_others_are_served_though_one_receiver_is_down(make_campaign, plays, valid):
    down, up = make_campaign(), make_campaign()
    plays(down, silent, key="down", concurrency=1)
    plays(up, sent, key="up")
    valid(down, 20)
    valid(up, 3)
    scheduler.serve_destinations(seconds=10)
    assert states(Job.objects.get(type="up")) == ["sent"] * 3


def test_while_as_many_hang_as_may_only_those_that_answered_are_served(make_campaign, plays, valid, monkeypatch):
    monkeypatch.setattr(scheduler, "MOST_ASIDE", 2)
    monkeypatch.setattr(sender, "BEGIN_SECONDS", 0.1)
    monkeypatch.setattr(sender, "BATCH_SECONDS", 0)
    hanging: list[str] = []
    over, answered = threading.Event(), []

    def hang(outgoing, name):
        hanging.append(name)
        over.wait(30)
        return silent(outgoing)

    def answer(outgoing):
        answered.append(outgoing.lead.id)
        if len(answered) == 10:
            over.set()
        over.wait(0.05)
        return sent(outgoing)

    up = make_campaign()
    plays(up, answer, key="up", concurrency=1)
    valid(up, 10)
    for name in ("a", "b", "c", "d"):
        campaign = make_campaign()
        plays(campaign, lambda outgoing, name=name: hang(outgoing, name), key=name, concurrency=1)
        valid(campaign)
    asked = []
    choose = turns.next_in_turn
    monkeypatch.setattr(turns, "next_in_turn", lambda **how: asked.append((how["only"], len(hanging))) or choose(**how))

    scheduler.serve_destinations(seconds=10)

    assert len(answered) == 10
    assert all(n == 2 for only, n in asked if only is not None), "nobody new is called while two hang"
    assert any(only for only, _ in asked)


def test_what_was_claimed_when_the_time_is_over_keeps_its_place(campaign, plays, valid, monkeypatch):
    monkeypatch.setattr(sender, "BEGIN_SECONDS", 0.1)
    part = Sender(seconds=0.06)
    plays(campaign, part, safe=True, concurrency=2)
    leads = valid(campaign, 20)
    for _ in range(6):
        scheduler.serve_destinations(seconds=0.01)
    assert part.got == [lead.pk for lead in leads][: len(part.got)]
    waiting = [one for one in deliveries() if one.state == "queued"]
    assert all(one.attempts == 0 and one.not_before <= timezone.now() for one in waiting)
    assert states() == ["sent"] * len(part.got) + ["queued"] * len(waiting)


def test_a_call_that_never_ends_is_not_waited_for(campaign, plays, valid, monkeypatch):
    monkeypatch.setattr(sender, "BEGIN_SECONDS", 1)
    monkeypatch.setattr(sender, "GRACE_SECONDS", 1)
    over, stuck = threading.Event(), []
    plays(campaign, lambda outgoing: (outgoing.lead.id in stuck and over.wait(30) or True) and sent(outgoing), concurrency=2)
    stuck.append(valid(campaign, 2)[0].pk)
    scheduler.serve_destinations(seconds=5)
    over.set()
    assert states() == ["needs_person", "sent"]
    assert deliveries()[0].answer == "The call did not end: it may have arrived"


@pytest.mark.parametrize(
    ("fault", "state", "answer"),
    [
        ({"send": lambda self, outgoing: 1 / 0}, "needs_person", "It broke off because of a fault of ours: it may have arrived"),
        ({"send": lambda self, outgoing: "no exchange"}, "needs_person", "It broke off because of a fault of ours: it may have arrived"),
        (
            {"send": lambda self, outgoing: Job.objects.count()},
            "needs_person",
            "It broke off because of a fault of ours: it may have arrived",
        ),
        ({"classify": lambda self, exchange: 1 / 0}, "needs_person", "It broke off because of a fault of ours: it may have arrived"),
        ({"unsendable": lambda self, outgoing: "It has no telephone"}, "needs_person", "It has no telephone"),
        ({"prepare_sending": lambda self, outgoing: 1 / 0}, "queued", "It could not be made ready to be sent because of a fault of ours"),
    ],
    ids=["send raises", "send returns no exchange", "send asks the database", "read raises", "unsendable", "prepare raises"],
)
def test_a_fault_of_a_type_is_told_and_harms_no_other(fault, state, answer, make_campaign, plays, valid):
    broken, whole = make_campaign(), make_campaign()
    job = plays(broken, sent, key="broken", **fault)
    other = plays(whole, sent, key="whole")
    valid(broken)
    valid(whole)
    scheduler.serve_destinations(seconds=5)
    (delivery,) = deliveries(job)
    assert (delivery.state, delivery.answer) == (state, answer)
    assert delivery.attempts == (0 if state == "queued" else 1)
    assert states(other) == ["sent"]


def test_an_integration_whose_settings_cannot_be_read_keeps_its_queue_and_harms_no_other(make_campaign, plays, valid):
    broken, whole = make_campaign(), make_campaign()
    job = plays(broken, sent, key="broken", concurrency=property(lambda self: 1 / 0))
    other = plays(whole, sent, key="whole")
    valid(broken)
    valid(whole)
    assert scheduler.serve_destinations(seconds=5) is False
    assert (states(job), states(other)) == (["queued"], ["sent"])


def test_each_portion_is_prepared_together(campaign, plays, valid):
    portions: list[int] = []
    plays(campaign, sent, concurrency=4, prepare_sending=lambda self, outgoing: portions.append(len(outgoing)))
    valid(campaign, 10)
    scheduler.serve_destinations(seconds=5)
    assert (sum(portions), max(portions)) == (10, 4)


def test_a_lead_that_stopped_being_valid_while_it_was_sent_is_not_sent_again(campaign, plays, valid, bob):
    def flagged_meanwhile(outgoing):
        raise_flag.set()
        flagged.wait(10)
        return later(outgoing)

    raise_flag, flagged = threading.Event(), threading.Event()
    job = plays(campaign, flagged_meanwhile, safe=True)
    (lead,) = valid(campaign)
    take = sender.IntegrationTurn._collect_answers

    def flag_then_take(self):
        if raise_flag.wait(10) and not flagged.is_set():
            lifecycle.flag([lead.pk], "invalid", actor=bob, reason="Returned")
            flagged.set()
        take(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sender.IntegrationTurn, "_collect_answers", flag_then_take)
        scheduler.serve_destinations(seconds=5)

    assert states() == ["withdrawn"]
    assert [event.outcome for event in Event.objects.filter(kind="delivery")] == ["skip"]
    assert processr_integrity.job_tallies() == []
    assert job.pk


def test_an_integration_that_was_removed_while_it_sent_sends_nothing_again(campaign, plays, valid):
    job = plays(campaign, later, safe=True)
    valid(campaign)
    begin = sender.IntegrationTurn.steps

    def remove_then_run(self, first):
        Job.objects.filter(pk=job.pk).update(removed_at=timezone.now())
        return begin(self, first)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sender.IntegrationTurn, "steps", remove_then_run)
        scheduler.serve_destinations(seconds=5)
    assert states() == ["withdrawn"]


def test_work_that_is_not_done_in_its_time_notifies_workers_of_more(campaign, plays, valid, monkeypatch):
    notified = []
    monkeypatch.setattr(tasks, "notify_workers", lambda *message: notified.append(message))
    monkeypatch.setattr(tasks, "TURN_SECONDS", 0)
    plays(campaign, sent)
    valid(campaign)
    tasks.work()
    assert notified == [("deliveries", "what is left", "integrations.tasks.work")]
    monkeypatch.setattr(tasks, "TURN_SECONDS", 20)
    tasks.work()
    assert len(notified) == 1
    assert states() == ["sent"]


def test_the_sweep_notifies_workers_of_what_no_notification_announced(monkeypatch, settings, db):
    notified = []
    monkeypatch.setattr(tasks, "notify_workers", lambda *message: notified.append(message))
    tasks.sweep()
    assert notified == [("deliveries", "what is due", "integrations.tasks.work")]
    assert settings.CELERY_BEAT_SCHEDULE["sweep deliveries"]["task"] == "integrations.tasks.sweep"


def test_a_turn_ends_before_a_worker_is_stopped(settings):
    longest = tasks.TURN_SECONDS + sender.BEGIN_SECONDS + sender.GRACE_SECONDS
    assert longest < settings.CELERY_TASK_SOFT_TIME_LIMIT / 2
    assert settings.CLAIM_SECONDS > settings.CELERY_TASK_TIME_LIMIT


def test_a_portion_costs_as_many_queries_for_many_as_for_one(make_campaign, plays, valid):
    def queries_for(n: int) -> int:
        campaign = make_campaign()
        plays(campaign, sent, key=f"kind{n}", safe=True, concurrency=8)
        valid(campaign, n)
        with CaptureQueriesContext(connection) as seen:
            scheduler.serve_destinations(seconds=10)
        return len(seen)

    queries_for(1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sender, "BATCH_SECONDS", 5)  # recorded together, however slow the machine is
        assert queries_for(2) == queries_for(40)


def test_looking_for_what_is_due_reads_no_more_rows_than_integrations_wait(campaign, plays, valid):
    job = plays(campaign, sent)
    (lead,) = valid(campaign)
    rows = [Delivery(lead=lead, job=job, round=n, not_before=timezone.now() + timedelta(hours=n)) for n in range(2, 3000)]
    Delivery.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE integrations_delivery")
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + turns._NEXT, {"resting": [], "only": None, "types": [KIND]})
        plan = cursor.fetchone()[0][0]["Plan"]
    assert rows_read(plan) < 20


def rows_read(plan) -> int:
    own = plan["Actual Rows"] * plan["Actual Loops"] if "Scan" in plan["Node Type"] else 0
    return int(own) + sum(rows_read(child) for child in plan.get("Plans", ()))


@pytest.mark.sql
def test_the_oldest_delivery_that_a_worker_should_have_taken(make_campaign, plays, valid, bob):
    """A delivery that waits for its time, or for a person, is no sign of a missing worker."""
    oldest = queue_sources["oldest_due_delivery_seconds"].oldest
    assert oldest() is None
    first, second = make_campaign(), make_campaign()
    jobs = [plays(one, sent, key=f"kind{number}") for number, one in enumerate((first, second))]
    for number, campaign in enumerate((first, second)):
        valid(campaign, 2)
        due = timezone.now() - timedelta(seconds=600 * (2 - number))
        Delivery.objects.filter(job=jobs[number]).update(not_before=due)
    assert 1200 <= oldest() < 1260
    Job.objects.filter(pk=jobs[0].pk).update(enabled=False)
    assert 600 <= oldest() < 660
    campaign_services.pause(second.pk, actor=bob, integrations=True)
    assert oldest() is None
    Job.objects.filter(pk=jobs[0].pk).update(enabled=True)
    Delivery.objects.filter(job=jobs[0]).update(not_before=timezone.now() + timedelta(minutes=1))
    assert oldest() is None
    Delivery.objects.filter(job=jobs[0]).update(not_before=timezone.now() - timedelta(hours=1), state="needs_person")
    assert oldest() is None
