"""Several senders, and people who act on the same leads, in real transactions and threads."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from config.core.background import runs
from integrations import integrity, services
from integrations.base import Attempt
from integrations.delivery import claims, scheduler
from integrations.models import Delivery
from leads import bulk, lifecycle
from leads import integrity as leads_integrity
from leads.models import Lead
from processr import integrity as processr_integrity
from processr.models import Event
from tests.integrations.engine.conftest import deliveries, later, sent, states, unclear
from tests.integrations.queueing.acts import asking_for
from tests.leads.acts import judge_all
from tests.module_cast import ANEW
from tests.races import at_once, connected

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)


class Receiver:
    """Takes every lead, and counts what it got by event id; `puts_off`: some not at first, and of some it does not say."""

    def __init__(self, *, puts_off: bool = False) -> None:
        self.got: Counter[str] = Counter()
        self._lock, self._puts_off = threading.Lock(), puts_off

    def __call__(self, outgoing) -> Attempt:
        with self._lock:
            self.got[outgoing.event_id] += 1
            first = self.got[outgoing.event_id] == 1
        if self._puts_off and first and outgoing.id % 7 < 2:
            return unclear(outgoing) if outgoing.id % 7 else later(outgoing)
        return sent(outgoing)


def test_two_workers_over_the_same_queue_send_each_once(make_campaign, plays, valid):
    receivers = [Receiver(), Receiver()]
    for number, part in enumerate(receivers):
        campaign = make_campaign()
        plays(campaign, part, key=f"kind{number}", concurrency=4)
        valid(campaign, 60)
    assert at_once(*[lambda: scheduler.serve_destinations(seconds=10)] * 3) == []
    assert states() == ["sent"] * 120
    assert sorted((receivers[0].got + receivers[1].got).items()) == sorted((one.event_id, 1) for one in deliveries())


def test_two_claims_at_once_never_take_the_same_delivery(campaign, plays, valid):
    job = plays(campaign, sent)
    valid(campaign, 100)
    taken: list[int] = []

    def take() -> None:
        while claimed := claims.claim(job.pk, token=scheduler.uuid4(), limit=7):
            taken.extend(one.pk for one in claimed)

    assert at_once(take, take, take) == []
    assert len(taken) == len(set(taken)) == 100


def test_a_lead_that_somebody_acts_on_is_not_sent_until_he_is_done(campaign, plays, valid):
    plays(campaign, sent)
    held, free = valid(campaign, 2)
    with connected() as somebody, somebody.transaction():
        somebody.execute("SELECT FROM leads_lead WHERE id = %s FOR NO KEY UPDATE", [held.pk])
        assert scheduler.serve_destinations(seconds=10) is True, "there is more, and nobody rings for it"
        assert {one.lead_id: one.state for one in deliveries()} == {held.pk: "queued", free.pk: "sent"}
    assert scheduler.serve_destinations(seconds=10) is False
    assert states() == ["sent"] * 2


def test_two_integrations_may_claim_the_same_lead_at_once(campaign, plays, valid):
    plays(campaign, sent)
    (lead,) = valid(campaign)
    with connected() as another, another.transaction():
        another.execute("SELECT FROM leads_lead WHERE id = %s FOR SHARE", [lead.pk])
        (claimed,) = claims.claim(deliveries()[0].job_id, token=scheduler.uuid4(), limit=5)
    assert claimed.lead_id == lead.pk


def test_one_integration_is_served_by_one_worker_at_a_time(campaign, plays, valid):
    inside, over = threading.Event(), threading.Event()

    def part(outgoing):
        inside.set()
        over.wait(20)
        return sent(outgoing)

    plays(campaign, part, concurrency=1)
    valid(campaign, 3)
    with ThreadPoolExecutor(1) as threads:
        serving = threads.submit(working)
        assert inside.wait(10)
        assert scheduler.serve_destinations(seconds=5) is False
        assert states().count("sending") == 1
        over.set()
        serving.result()
    assert states() == ["sent"] * 3


def working() -> None:
    try:
        scheduler.serve_destinations(seconds=10)
    finally:
        connection.close()


class People:
    """People who act again and again on leads that are being sent to `jobs`."""

    def __init__(self, campaign, ids, jobs, actor) -> None:
        self.campaign, self.ids, self.jobs, self.actor = campaign, ids, jobs, actor
        self.refused: Counter[str] = Counter()

    def reprocess(self) -> None:
        for _ in range(4):
            action = bulk.begin("reprocess", self.ids, actor=self.actor)
            runs.work_on(bulk.BulkActionRun, action.pk)
            action.refresh_from_db()
            assert action.state == "done", action.error
            self.refused.update(dict(bulk.skip_reasons(action)))
            judge_all(self.campaign)

    def flag(self) -> None:
        for _ in range(6):
            lifecycle.flag(self.ids[::2], "invalid", actor=self.actor, reason="Returned")
            lifecycle.flag(self.ids[::3], "valid", actor=self.actor, reason="Fine", extras=asking_for([job.pk for job in self.jobs]))
            lifecycle.unflag(self.ids[::-1], actor=self.actor)

    def take_back_and_retry(self) -> None:
        for _ in range(6):
            lifecycle.mark_undelivered(self.ids[::5], actor=self.actor)
            stuck = Delivery.objects.filter(state="needs_person").values_list("pk", flat=True)
            services.retry(list(stuck), actor=self.actor)


def send_all(turns: int = 8) -> None:
    for _ in range(turns):
        with connection.cursor() as cursor:
            cursor.execute(_ALL_DUE)
        scheduler.serve_destinations(seconds=5)


# In id order, as everybody locks.
_ALL_DUE = """
WITH q AS MATERIALIZED (SELECT id FROM integrations_delivery WHERE state = 'queued' ORDER BY id FOR NO KEY UPDATE)
UPDATE integrations_delivery AS d SET not_before = now() - interval '1 minute' FROM q WHERE d.id = q.id
"""


def test_senders_and_people_over_the_same_leads_deadlock_nobody_and_every_delivery_is_accounted_for(make_campaign, plays, make_leads, bob):
    campaign, part = make_campaign(lead_volume=100, cap=80), Receiver(puts_off=True)
    jobs = [plays(campaign, part, key=f"kind{number}", safe=bool(number), concurrency=4) for number in range(2)]
    people = People(campaign, [lead.pk for lead in make_leads(campaign, 120)], jobs, bob)
    judge_all(campaign)

    assert at_once(people.reprocess, people.flag, people.take_back_and_retry, send_all, send_all) == []

    judge_all(campaign)
    send_all()
    assert set(states()) <= {"sent", "withdrawn", "needs_person"}, "nothing is on its way any more"
    assert {one.event_id: one.attempts for one in deliveries() if one.attempts} == dict(part.got), "as often as it says, and no other"
    assert all(one.attempts for one in deliveries() if one.state == "sent")
    assert sum(part.got.values()) == Event.objects.filter(kind="delivery").count()
    assert integrity.deliveries() + processr_integrity.job_tallies() + leads_integrity.tallies() + leads_integrity.billing() == []
    assert not Lead.objects.filter(processr_status="processing").exists()
