"""Notifications of the end of a run: numbers, a link, and the reason of a failure, for its starter."""

from pathlib import Path

import pytest

from config.core.background import runs
from config.core.models import Notification
from leads import bulk
from leads.bulk.actions import Reprocess
from leads.models import LeadImport
from processr.lists import importing, services
from processr.lists.storing import ListTarget
from tests.imports.conftest import Importer
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, settings) -> None:
    settings.STATE_DIR = tmp_path


def told(user_id: int) -> list[tuple[str, str, str]]:
    return list(Notification.objects.filter(user=user_id).order_by("pk").values_list("kind", "text", "url"))


@pytest.fixture
def judged(campaign, make_leads) -> list[int]:
    leads = [lead.pk for lead in make_leads(campaign, 3)]
    judge_all(campaign)
    return leads


def test_a_bulk_action_that_is_complete(judged, bob):
    action = bulk.begin(Reprocess.key, [*judged, 999_999], actor=bob)
    runs.work_on(bulk.BulkActionRun, action.pk)
    text = "Reprocess is complete: 3 leads queued for another run, 1 skipped."
    assert told(bob.user_id) == [("bulk_action", text, f"/v2/leads/actions/{action.pk}")]


def test_a_bulk_action_that_failed_says_why_and_what_was_done_before(judged, bob, monkeypatch):
    action = bulk.begin(Reprocess.key, judged, actor=bob)
    monkeypatch.setattr(Reprocess, "rule", lambda *args, **kwargs: 1 / 0)
    runs.work_on(bulk.BulkActionRun, action.pk)
    text = (
        "Reprocess has failed. It broke off because of a fault of ours. What was done so far stays done. "
        "Before that: 0 leads queued for another run, 0 skipped."
    )
    assert told(bob.user_id) == [("bulk_action", text, f"/v2/leads/actions/{action.pk}")]


def test_a_bulk_action_answered_at_once_is_not_told_a_second_time(judged, bob):
    assert bulk.run_or_queue(Reprocess.key, judged, actor=bob).state == "done"
    assert told(bob.user_id) == []


def test_a_bulk_action_that_goes_on_later_is_told_once_it_is_over(judged, bob, monkeypatch):
    monkeypatch.setattr("leads.bulk.runner.CHUNK", 1)
    action = bulk.begin(Reprocess.key, judged, actor=bob)
    runs.work_on(bulk.BulkActionRun, action.pk, seconds=0)
    assert told(bob.user_id) == []
    runs.work_on(bulk.BulkActionRun, action.pk)
    assert len(told(bob.user_id)) == 1


def test_an_import_into_a_list(bob):
    listed = services.create_list("Accounts", advertiser=None, actor=bob)
    upload = [b"value\nAcme\nExample\nexample\n" + b"x" * 501]
    run = importing.start_import(ListTarget.of("list", listed.pk), upload, name="accounts.csv", actor=bob, validation_list=listed)
    runs.work_on(importing.ValueImportRun, run.pk)
    text = "Import of accounts.csv is complete: 2 values added, 1 already there, 1 refused."
    assert told(bob.user_id) == [("value_import", text, f"/v2/system/validation-list/imports/{run.pk}")]


def test_an_import_into_a_list_whose_file_is_gone(bob, settings):
    listed = services.create_list("Accounts", advertiser=None, actor=bob)
    run = importing.start_import(ListTarget.of("list", listed.pk), [b"value\nAcme\n"], name="a.csv", actor=bob, validation_list=listed)
    (Path(settings.STATE_DIR) / "files" / run.file).unlink()
    runs.work_on(importing.ValueImportRun, run.pk)
    ((_, text, _),) = told(bob.user_id)
    assert text.startswith("Import of a.csv has failed. The uploaded file is not there any more.")


def test_an_import_of_leads(campaign, bob, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.imports.conftest.SYSTEM", bob)
    importer = Importer(campaign, tmp_path)
    importer.take(importer.file("firstName,lastName,email\nJo,Nunez,jo@example.com\nAl,,al@example.com\n"))
    assert LeadImport.objects.get().state == "done"
    text = "Import of people.csv is complete: 1 stored, 0 already there, 1 refused."
    assert told(bob.user_id) == [("lead_import", text, f"/v2/campaigns/{campaign.pk}/leads")]


def test_work_that_nobody_began_is_told_to_nobody(campaign, tmp_path):
    importer = Importer(campaign, tmp_path)
    importer.take(importer.file("firstName,lastName,email\nJo,Nunez,jo@example.com\n"))
    assert Notification.objects.count() == 0
