"""kill -9 between sending and recording: deliveries that are safe to repeat are repeated, the others wait for a person."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from integrations import integrity, tasks
from integrations.delivery import recorder, recovery, scheduler, sender
from integrations.models import Delivery
from leads.lifecycle.claims import lock_token, unlock_token
from leads.models import Lead
from leads.statuses import DeliveryStatus
from processr import integrity as processr_integrity
from processr.job_types.registry import job_types
from processr.models import Event
from tests.embedded.installation import until
from tests.integrations.engine import worker
from tests.integrations.engine.conftest import KIND, deliveries, due_now, sent, states
from tests.module_cast import ANEW
from tests.races import in_own_session

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)

STOPPED = "The worker stopped while this was being sent: it may have arrived"
STARTED_WITHIN = 60


def killed_while_sending(receiver, abreast: int) -> None:
    """The receiver has got the leads and holds its answers, so nothing can be on record when the worker dies."""
    process = worker.start()
    try:
        until(lambda: receiver.at_once == abreast, f"{abreast} leads are being sent", within=STARTED_WITHIN)
        assert process.is_alive()
    finally:
        process.kill()
        process.join()
    receiver.let_go()


def freed() -> int:
    """The server ends a session a moment after its client has gone."""
    return until(recovery.free_orphans, "what the dead worker had is free", within=10)


def test_what_is_safe_to_repeat_is_repeated_with_the_same_event_id(campaign, post_to, valid, receiver):
    job = post_to(campaign, receiver.url("held"), again=True, side_by_side=4, seconds=30)
    leads = valid(campaign, 40)
    killed_while_sending(receiver, 4)
    before = receiver.got
    assert len(before) == 4

    claimed = states().count("sending")
    assert claimed == 4 * sender.AHEAD < 40
    assert freed() == claimed
    assert states() == ["queued"] * 40
    assert [one.answer for one in deliveries() if one.attempts] == [STOPPED] * claimed
    assert all(one.not_before > timezone.now() for one in deliveries() if one.attempts), "not at once: it may be what kills workers"

    due_now()
    scheduler.serve_destinations(seconds=20)

    assert states() == ["sent"] * 40
    got = receiver.got
    event_ids = {delivery.event_id for delivery in deliveries()}
    assert {event for event, _ in got} == event_ids
    assert sorted(got) == sorted([*before, *((one.event_id, one.lead.email) for one in deliveries())])
    assert set(Lead.objects.filter(pk__in=[lead.pk for lead in leads]).values_list("delivery_status", flat=True)) == {"delivered"}
    assert processr_integrity.job_tallies() + integrity.deliveries() == []
    assert Event.objects.filter(job_id=job.pk, outcome="error", message="").count() == claimed


def test_what_is_not_safe_to_repeat_waits_for_a_person_and_is_few(campaign, post_to, valid, receiver):
    post_to(campaign, receiver.url("held"), side_by_side=4, seconds=30)
    valid(campaign, 20)
    killed_while_sending(receiver, 4)

    assert freed() == 4
    due_now()
    scheduler.serve_destinations(seconds=20)

    assert sorted(states()) == ["needs_person"] * 4 + ["sent"] * 16
    stuck = [one for one in deliveries() if one.state == "needs_person"]
    assert {(one.answer, one.attempts) for one in stuck} == {(STOPPED, 1)}
    got = [event for event, _ in receiver.got]
    assert len(got) == len(set(got)) == 20
    for one in stuck:
        assert Lead.objects.get(pk=one.lead_id).delivery_status == DeliveryStatus.NOT_DELIVERED
    assert processr_integrity.job_tallies() + integrity.deliveries() == []


@pytest.mark.parametrize(("again", "state"), [(True, "queued"), (False, "needs_person")])
def test_who_dies_before_the_record_is_committed_has_recorded_nothing(again, state, campaign, post_to, valid, receiver):
    """The receiver has answered; the worker is in the middle of writing it down."""
    post_to(campaign, receiver.url("ok"), again=again)
    (lead,) = valid(campaign)
    token = uuid4()

    def dies(*_, **__):
        raise Died

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(recorder, "_write", dies)
        patched.setattr(scheduler, "uuid4", lambda: token)
        with pytest.raises(Died):
            scheduler.serve_destinations(seconds=5)

    assert (states(), len(receiver.got)) == (["sending"], 1)
    assert Lead.objects.get(pk=lead.pk).delivery_status == DeliveryStatus.NOT_DELIVERED
    assert recovery.free_orphans() == 1
    assert states() == [state]


class Died(BaseException):
    pass


def test_what_a_living_worker_sends_is_its_own_however_long_it_takes(campaign, plays, valid):
    plays(campaign, sent)
    valid(campaign)
    token = uuid4()
    lock_token(token)
    Delivery.objects.update(state="sending", claim=token, claimed_at=timezone.now() - timedelta(minutes=9))
    elsewhere = in_own_session(recovery.free_orphans)
    assert (elsewhere, states()) == (0, ["sending"])
    unlock_token(token)
    assert (in_own_session(recovery.free_orphans), states()) == (1, ["needs_person"])


def test_a_worker_that_hangs_loses_its_claim_after_a_while(campaign, plays, valid, settings):
    plays(campaign, sent, safe=True)
    valid(campaign)
    token = uuid4()
    lock_token(token)
    Delivery.objects.update(state="sending", claim=token, claimed_at=timezone.now() - timedelta(seconds=settings.CLAIM_SECONDS - 5))
    in_own_session(tasks.sweep)
    assert states() == ["sending"]
    Delivery.objects.update(claimed_at=timezone.now() - timedelta(seconds=settings.CLAIM_SECONDS + 1))
    in_own_session(tasks.sweep)
    unlock_token(token)
    assert states() == ["queued"]


def test_who_has_lost_the_claim_writes_down_the_call_and_leaves_the_delivery_alone(campaign, plays, valid):
    job = plays(campaign, sent)
    valid(campaign)
    take = sender.IntegrationTurn._collect_answers

    def lost_meanwhile(self):
        Delivery.objects.filter(state="sending").update(state="needs_person", claim=None, claimed_at=None, answer=STOPPED)
        take(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sender.IntegrationTurn, "_collect_answers", lost_meanwhile)
        scheduler.serve_destinations(seconds=5)

    (delivery,) = deliveries()
    assert (delivery.state, delivery.answer) == ("needs_person", STOPPED)
    (event,) = Event.objects.filter(kind="delivery", job_id=job.pk)
    assert event.message.startswith("POST ")
    assert processr_integrity.job_tallies() == []


@pytest.mark.sql
def test_what_a_retired_kind_was_sending_waits_for_a_person(campaign, plays, valid, monkeypatch):
    plays(campaign, sent, safe=True)
    valid(campaign)
    Delivery.objects.update(state="sending", claim=uuid4(), claimed_at=timezone.now())
    monkeypatch.delitem(job_types._plugins, KIND)
    assert in_own_session(recovery.free_orphans) == 1
    assert states() == ["needs_person"]


def test_a_delivery_that_kills_whoever_sends_it_ends_with_a_person(campaign, plays, valid):
    plays(campaign, sent, safe=True)
    valid(campaign)
    Delivery.objects.update(first_tried_at=timezone.now() - timedelta(hours=24), attempts=9)
    Delivery.objects.update(state="sending", claim=uuid4(), claimed_at=timezone.now())
    assert in_own_session(recovery.free_orphans) == 1
    assert states() == ["needs_person"]
