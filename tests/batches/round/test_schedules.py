"""Schedules: their words, their next times across both clock changes, and a worker that was off."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from batches import services, tasks
from batches.models import BatchSchedule, SentBatch
from batches.schedules import describe
from config.core.errors import DomainError
from processr.services import disable_job, update_job
from tests.batches.round.conftest import finish

WORKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
DAILY = [*WORKDAYS, "saturday", "sunday"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule_of(job) -> BatchSchedule:
    return BatchSchedule.objects.select_related("job__campaign").get(job=job)


def due_since(job, moment: datetime) -> BatchSchedule:
    BatchSchedule.objects.filter(job=job).update(next_run_at=moment)
    return schedule_of(job)


def test_it_reads_as_the_tables_show_it(batch_csv, bob):
    times = {"weekdays": WORKDAYS, "times": "17:00, 9:00", "zone": "europe/london"}
    for config, words in (
        (times, "Mon–Fri 09:00, 17:00 (Europe/London)"),
        ({"quantity": 500}, "when 500 wait"),
        ({**times, "quantity": 500}, "Mon–Fri 09:00, 17:00 (Europe/London) or when 500 wait"),
        ({}, "none"),
    ):
        row = schedule_of(batch_csv(words[:20], **config))
        assert describe(row.job, row) == words
        disable_job(row.job.pk, actor=bob)
        row = schedule_of(row.job)
        assert describe(row.job, row) == "paused"


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ("2026-03-28 12:00", "2026-03-29 01:00"),  # 01:30 does not exist in London: the next minute that does is 02:00
        ("2026-10-24 12:00", "2026-10-25 00:30"),  # 01:30 comes twice: the first time
        ("2026-10-25 00:30", "2026-10-26 01:30"),
        ("2026-01-31 02:00", "2026-02-01 01:30"),
    ],
)
def test_the_next_time_is_right_across_clock_changes_and_the_end_of_a_month(batch_csv, now, following):
    job = batch_csv(weekdays=DAILY, times=["01:30"], zone="Europe/London")
    row = due_since(job, at("2026-01-01 00:00"))
    services.begin_scheduled(row.pk, now=at(now))
    assert schedule_of(job).next_run_at == at(following)


def test_a_worker_that_was_off_for_a_day_makes_up_once(batch_csv, wait_for_file):
    job = batch_csv(weekdays=DAILY, times=["09:00", "12:00", "17:00"], zone="UTC")
    wait_for_file(2)
    due_since(job, timezone.now() - timedelta(days=1))
    tasks.begin_due()
    finish(SentBatch.objects.get())
    tasks.begin_due()
    assert [(batch.phase, batch.trigger, batch.lead_count) for batch in SentBatch.objects.all()] == [("sent", "schedule", 2)]
    assert schedule_of(job).next_run_at > timezone.now()


def test_a_time_that_comes_while_a_file_is_built_waits_for_its_end(batch_csv, wait_for_file, bob):
    job = batch_csv(weekdays=DAILY, times=["09:00"], zone="UTC")
    wait_for_file()
    batch = services.batch_now(job, actor=bob)
    moment = timezone.now() - timedelta(minutes=1)
    due_since(job, moment)
    tasks.begin_due()
    assert schedule_of(job).next_run_at == moment
    finish(batch)
    wait_for_file()
    tasks.begin_due()
    assert SentBatch.objects.filter(trigger="schedule").count() == 1


def test_a_time_at_which_nothing_waits_leaves_no_row(batch_csv):
    job = batch_csv(weekdays=DAILY, times=["09:00"], zone="UTC")
    due_since(job, timezone.now() - timedelta(hours=1))
    tasks.begin_due()
    assert finish(SentBatch.objects.get()).phase == "empty"
    SentBatch.objects.update(ended_at=timezone.now() - timedelta(days=2))
    tasks.tick()
    assert not SentBatch.objects.exists()


def test_a_file_is_due_when_enough_wait(batch_csv, wait_for_file):
    batch_csv(quantity=3)
    wait_for_file(2)
    tasks.begin_due()
    assert not SentBatch.objects.exists()
    wait_for_file(1)
    tasks.begin_due()
    tasks.begin_due()
    assert [batch.trigger for batch in SentBatch.objects.all()] == ["quantity"]


def test_changing_the_times_or_the_zone_never_makes_it_due_at_once_and_other_changes_leave_it_alone(batch_csv, bob):
    job = batch_csv(weekdays=DAILY, times=["09:00"], zone="UTC")
    moment = timezone.now() - timedelta(minutes=5)
    due_since(job, moment)
    update_job(job.pk, actor=bob, changes={"config": {"note": "For Ann"}})
    assert schedule_of(job).next_run_at == moment
    update_job(job.pk, actor=bob, changes={"config": {"zone": "Asia/Tokyo"}})
    assert schedule_of(job).next_run_at > timezone.now()


def test_what_is_switched_off_stays_due_and_runs_once_when_it_is_on_again(batch_csv, wait_for_file, bob):
    job = batch_csv(weekdays=DAILY, times=["09:00"], zone="UTC")
    wait_for_file()
    due_since(job, timezone.now() - timedelta(days=3))
    disable_job(job.pk, actor=bob)
    tasks.begin_due()
    assert not SentBatch.objects.exists()
    with pytest.raises(DomainError, match="switched off"):
        services.batch_now(job, actor=bob)
    update_job(job.pk, actor=bob, changes={"enabled": True})
    tasks.begin_due()
    tasks.begin_due()
    assert SentBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"weekdays": ["monday"]}, "times"),
        ({"times": ["09:00"]}, "weekdays"),
        ({"weekdays": ["monday"], "times": "25:00"}, "times"),
        ({"weekdays": ["monday"], "times": ["09:00"], "zone": "Mars/Olympus"}, "zone"),
        ({"destination": "", "quantity": 5}, "destination"),
        ({"include_fields": []}, "include_fields"),
        ({"destination": "sftp"}, "sftp_host"),
        ({"file_name": "{nothing}"}, "file_name"),
    ],
)
def test_settings_that_cannot_be_are_refused_beside_their_field(batch_csv, config, field):
    with pytest.raises(DomainError) as refused:
        batch_csv(**config)
    assert refused.value.field == field
