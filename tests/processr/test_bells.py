"""Bells ring for waiting leads; a lost one costs a sweep's time and nothing else."""

import pytest

from config.core.background import notify as panel_ring
from leads import lifecycle
from leads.models import Lead
from leads.signals import leads_waiting
from leads.statuses import ProcessrStatus
from processr import receivers, tasks
from processr.engine import scheduler

pytestmark = pytest.mark.django_db


@pytest.fixture
def bells(monkeypatch):
    rung = []
    for module in (receivers, tasks):
        monkeypatch.setattr(module, "notify_workers", lambda queue, key, task: rung.append((queue, key, task)))
    return rung


def test_leads_that_wait_ring_for_their_campaign(campaign, three_jobs, make_leads, bob, bells):
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    lifecycle.requeue([lead.pk], actor=bob)
    assert bells == [("processr", campaign.pk, "processr.tasks.work")]


def test_a_thousand_campaigns_ring_no_more_bells_than_there_could_be_workers(bells):
    leads_waiting.send(sender=None, campaign_ids=set(range(1000)))
    assert len(bells) == receivers.NOTIFICATIONS_AT_MOST


def test_the_bell_names_a_task_that_workers_know():
    assert tasks.work.name == tasks.TASK
    assert tasks.sweep.name == "processr.tasks.sweep"
    assert tasks.fold_job_tallies.name == "processr.tasks.fold_job_tallies"


def test_work_goes_on_until_nothing_waits_and_then_rings_no_more(campaign, three_jobs, make_leads, bells, monkeypatch):
    monkeypatch.setattr(scheduler.EngineJob, "chunk", 2)
    make_leads(campaign, 5)
    tasks.work()
    assert not Lead.objects.exclude(processr_status=ProcessrStatus.COMPLETE).exists()
    assert bells == []


def test_when_its_time_is_over_the_bell_is_rung_for_what_is_left(campaign, three_jobs, make_leads, bells, monkeypatch):
    monkeypatch.setattr(tasks, "SECONDS_A_TASK", 0.0)
    make_leads(campaign)
    tasks.work()
    assert bells == [("processr", "what is left", "processr.tasks.work")]


def test_with_every_bell_cut_the_sweep_judges_what_waits(campaign, three_jobs, make_leads, monkeypatch):
    monkeypatch.setattr(panel_ring, "_notify", lambda *_: None)
    make_leads(campaign, 3)
    tasks.sweep()
    assert set(Lead.objects.values_list("current_status", flat=True)) == {"valid"}


def test_folding_takes_portions_until_none_is_full(campaign, three_jobs, make_leads, monkeypatch):
    monkeypatch.setattr(tasks.tallies, "FOLD_AT_MOST", 2)
    for _ in range(2):
        make_leads(campaign)
        scheduler.serve_campaigns(seconds=5)
    assert tasks.fold_job_tallies() == 6
