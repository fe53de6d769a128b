"""Notifications to the engine's workers: one that is lost costs the time until the next sweep."""

import pytest

from config.core.background import notify
from leads import lifecycle
from leads.models import Lead
from leads.signals import leads_waiting
from leads.statuses import ProcessrStatus
from processr import receivers, tasks
from processr.engine import scheduler

pytestmark = pytest.mark.django_db


@pytest.fixture
def notified(monkeypatch):
    sent = []
    for module in (receivers, tasks):
        monkeypatch.setattr(module, "notify_workers", lambda queue, key, task: sent.append((queue, key, task)))
    return sent


def test_workers_are_notified_of_the_campaign_of_leads_that_wait(campaign, three_jobs, make_leads, bob, notified):
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    lifecycle.requeue([lead.pk], actor=bob)
    assert notified == [("processr", campaign.pk, "processr.tasks.work")]


def test_a_thousand_campaigns_send_no_more_notifications_than_there_could_be_workers(notified):
    leads_waiting.send(sender=None, campaign_ids=set(range(1000)))
    assert len(notified) == receivers.NOTIFICATIONS_AT_MOST


def test_the_notification_names_a_task_that_workers_know():
    assert tasks.work.name == tasks.TASK
    assert tasks.sweep.name == "processr.tasks.sweep"
    assert tasks.fold_job_tallies.name == "processr.tasks.fold_job_tallies"


def test_work_goes_on_until_nothing_waits_and_then_notifies_no_more(campaign, three_jobs, make_leads, notified, monkeypatch):
    monkeypatch.setattr(scheduler.EngineJob, "chunk", 2)
    make_leads(campaign, 5)
    tasks.work()
    assert not Lead.objects.exclude(processr_status=ProcessrStatus.COMPLETE).exists()
    assert notified == []


def test_when_its_time_is_over_workers_are_notified_of_what_is_left(campaign, three_jobs, make_leads, notified, monkeypatch):
    monkeypatch.setattr(tasks, "SECONDS_A_TASK", 0.0)
    make_leads(campaign)
    tasks.work()
    assert notified == [("processr", "what is left", "processr.tasks.work")]


def test_without_any_notification_the_sweep_judges_what_waits(campaign, three_jobs, make_leads, monkeypatch):
    monkeypatch.setattr(notify, "_notify", lambda *_: None)
    make_leads(campaign, 3)
    tasks.sweep()
    assert set(Lead.objects.values_list("current_status", flat=True)) == {"valid"}


def test_folding_takes_portions_until_none_is_full(campaign, three_jobs, make_leads, monkeypatch):
    monkeypatch.setattr(tasks.tallies, "FOLD_AT_MOST", 2)
    for _ in range(2):
        make_leads(campaign)
        scheduler.serve_campaigns(seconds=5)
    assert tasks.fold_job_tallies() == 6
