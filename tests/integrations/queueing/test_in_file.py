"""A delivery that a file has taken: its lead is locked for what comes too late, and no worker's death touches it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import integrity, services, tasks
from integrations.delivery import recovery
from integrations.models import Delivery
from leads import bulk, lifecycle
from leads.shown_status import shown_status
from processr.services import remove_job
from tests.integrations.queueing.acts import FILE, asking_for, filed, judged, states
from tests.leads.acts import again, judge_all

pytestmark = pytest.mark.django_db
LOCKED, BATCH = "in a file that is being sent", "in a pending batch: its data cannot be edited"


@pytest.fixture
def file(integrate):
    return integrate("File", kind=FILE)


@pytest.fixture
def lead(campaign, file, make_leads):
    (lead,) = judged(campaign, make_leads)
    filed(lead)
    return lead


@pytest.fixture(autouse=True)
def _all_agrees():
    yield
    assert integrity.deliveries() == []


def in_file(lead) -> bool:
    return states(lead) == [(1, "in_file")]


def run(type_key: str, lead, bob, **settings):
    return bulk.run_or_queue(type_key, [lead.pk], actor=bob, settings=settings)


def test_it_is_a_lead_that_awaits_its_batch(lead):
    assert shown_status(again(lead)).api_number == 540


def test_no_sweep_touches_it_however_old_it_is(lead):
    Delivery.objects.update(claimed_at=timezone.now() - timedelta(days=9), not_before=timezone.now() - timedelta(days=9))
    assert (recovery.free_orphans(), recovery.free_stale(0)) == (0, 0)
    tasks.sweep()
    tasks.work()
    assert in_file(lead)


def test_its_lead_is_not_edited_but_appended_to(lead, bob):
    assert lifecycle.edit({lead.pk: {"company": "Acme"}}, actor=bob).refused == {lead.pk: BATCH}
    assert lifecycle.append({lead.pk: {"company": "Acme"}}, actor=bob).ids == [lead.pk]


def test_its_lead_is_not_processed_again(lead, bob):
    action = run("reprocess", lead, bob)
    assert bulk.skipped_leads(action, at_most=9) == {lead.pk: LOCKED}
    assert again(lead).processr_status == "complete"


@pytest.mark.parametrize("type_key", ["mark_invalid", "mark_test", "delete", "mark_delivered"])
def test_what_ends_other_deliveries_leaves_it_alone_and_is_not_undone(type_key, lead, bob):
    action = run(type_key, lead, bob, reason="x")
    assert action.done == 1
    assert in_file(lead)
    undo = bulk.run_if_few(bulk.begin_undo(action, actor=bob))
    assert bulk.skipped_leads(undo, at_most=9) == {lead.pk: LOCKED}
    assert in_file(lead)


def test_its_lead_is_not_sent_again_while_it_is_under_way(lead, file, bob):
    for act in ("mark_valid", "send_again"):
        run(act, lead, bob, reason="x", integrations=[file.pk])
        assert in_file(lead)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="x")
    lifecycle.unflag([lead.pk], actor=bob)
    assert in_file(lead)
    lifecycle.requeue([lead.pk], actor=bob)
    judge_all(lead.campaign)
    assert in_file(lead)


def test_nobody_retries_it_or_gives_it_up_and_a_removal_leaves_it(lead, file, bob):
    (delivery,) = Delivery.objects.all()
    assert services.retry([delivery.pk], actor=bob).ids == []
    assert services.give_up([delivery.pk], actor=bob, reason="x").ids == []
    remove_job(file.pk, actor=bob)
    assert in_file(lead)


def test_it_goes_on_where_its_lead_is_held_and_released(make_campaign, integrate, make_leads, bob):
    campaign = make_campaign("Full", lead_volume=1, hold_over_delivery=True)
    job = integrate("File", kind=FILE, on=campaign)
    (lead,) = judged(campaign, make_leads)
    filed(lead)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="x")
    judged(campaign, make_leads)
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="x", extras=asking_for([job.pk]))
    assert (again(lead).hold_reason, shown_status(again(lead)).api_number) == ("over_delivery", 510)
    assert in_file(lead)
    lifecycle.release_delivery([lead.pk], actor=bob)
    assert (again(lead).hold_reason, shown_status(again(lead)).api_number) == ("", 540)
    assert in_file(lead)
