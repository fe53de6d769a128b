"""Runs: one worker each, progress, Stop."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.core.background import runs
from leads.models import BulkAction

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return BulkAction.objects.create(type="flag", total=10)


def again(run):
    return BulkAction.objects.get(pk=run.pk)


def test_a_run_is_claimed_once_tells_how_far_it_is_and_ends(run):
    token = runs.claim(BulkAction, run.pk)
    assert runs.claim(BulkAction, run.pk) is None
    assert runs.beat(run, token, done=4, failed=1)
    runs.finish(run, token)
    run = again(run)
    assert (run.state, run.done, run.failed, run.claim) == ("done", 4, 1, None)
    assert run.ended_at is not None


def test_a_run_whose_worker_went_silent_is_anybodys_and_the_silent_one_has_lost_it(run):
    lost = runs.claim(BulkAction, run.pk)
    BulkAction.objects.filter(pk=run.pk).update(beat_at=timezone.now() - timedelta(seconds=runs.SILENT_SECONDS + 1))
    won = runs.claim(BulkAction, run.pk)
    assert won is not None
    assert runs.beat(run, lost, done=1) is False
    runs.finish(run, lost)
    assert (again(run).state, again(run).done) == ("running", 0)


def test_a_running_run_stops_at_its_next_beat(run):
    token = runs.claim(BulkAction, run.pk)
    runs.ask_to_stop(run)
    assert runs.beat(run, token, done=2) is False
    runs.finish(run, token)
    assert (again(run).state, again(run).done) == ("stopped", 2)


def test_a_queued_run_stops_at_once(run):
    runs.ask_to_stop(run)
    assert again(run).state == "stopped"
    assert runs.claim(BulkAction, run.pk) is None


def test_a_failed_run_says_why(run):
    runs.finish(run, runs.claim(BulkAction, run.pk), error="the file is no CSV")
    assert (again(run).state, again(run).error) == ("failed", "the file is no CSV")
