"""Runs: one worker each, chunk by chunk, progress, Stop, turns, drafts, and a file at the end. The type of run is the docs' example."""

import os
from collections.abc import Generator, Mapping
from datetime import timedelta
from hashlib import sha256
from inspect import getsource
from os import SEEK_END
from pathlib import Path
from textwrap import indent
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.utils import timezone

from config.core import tasks
from config.core.actor import SYSTEM, Actor
from config.core.background import runs
from config.core.background.runs import Progress, RunTakenAway, RunType, work_on
from config.core.errors import DomainError
from config.core.models import AuditEntry
from leads.models import LeadExport
from tests.races import at_once, connected

pytestmark = pytest.mark.django_db
PORTION, TOTAL = 4, 10


class NumbersRun(RunType[LeadExport, range]):
    """Writes the numbers below `total` into a file, a few in each chunk."""

    key = "numbers"
    page = "Exports"

    @classmethod
    def rows(cls) -> QuerySet[LeadExport]:
        return LeadExport.objects.select_related("started_by")

    @property
    def path(self) -> Path:
        return Path(django_settings.STATE_DIR) / "files" / f"numbers-{self.run.pk}.txt"

    def parts(self) -> Generator[range, None, None]:
        for start in range(self.run.position, self.run.total, PORTION):
            yield range(start, min(start + PORTION, self.run.total))

    def write(self, part: range) -> Progress:
        self.path.touch()
        with self.path.open("r+b") as file:
            file.truncate(self.run.size or 0)  # The transaction of the last chunk may have been lost.
            file.seek(0, SEEK_END)
            file.write("".join(f"{number}\n" for number in part).encode())
            return Progress(part.stop, done=len(part), columns={"size": file.tell()})

    def conclude(self) -> Mapping[str, str]:
        return {"file": self.path.name, "sha256": sha256(self.path.read_bytes()).hexdigest()}

    def record_end(self) -> None:
        self.record(f"{self.run.done} numbers {self.run.state}")

    def clean_up(self) -> None:
        if not self.run.file:
            self.path.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def numbers(monkeypatch, settings, tmp_path):
    monkeypatch.setattr(runs.run_types, "_plugins", {})
    settings.STATE_DIR = tmp_path
    (tmp_path / "files").mkdir()
    return runs.run_types.register(NumbersRun)


@pytest.fixture
def run():
    return LeadExport.objects.create(total=TOTAL)


@pytest.fixture
def sent(monkeypatch):
    """The notifications to workers."""
    messages = []
    monkeypatch.setattr(runs, "notify_workers", lambda *message: messages.append(message))
    return messages


def again(run):
    return LeadExport.objects.get(pk=run.pk)


def silent(run) -> None:
    LeadExport.objects.filter(pk=run.pk).update(beat_at=timezone.now() - timedelta(seconds=runs.SILENT_SECONDS + 1))


def written(run) -> list[int]:
    return list(map(int, NumbersRun(run).path.read_text().split()))


def test_the_example_in_the_docs_is_the_one_that_is_tested():
    example = indent(getsource(NumbersRun), " " * 7, lambda line: not line.isspace())
    assert example in (Path(__file__).parents[3] / "CONTRIBUTING.md").read_text()


def test_a_run_is_worked_on_to_its_end_and_has_its_file_its_counts_and_its_line_in_the_audit_trail(run, bob):
    LeadExport.objects.update(started_by=bob.user_id)
    tasks.work_on_run("numbers", run.pk)
    run = again(run)
    assert (run.state, run.done, run.failed, run.position, run.claim, run.is_over) == ("done", TOTAL, 0, TOTAL, None, True)
    assert run.started_at <= run.ended_at
    assert written(run) == list(range(TOTAL))
    assert (run.size, run.sha256) == (20, sha256(NumbersRun(run).path.read_bytes()).hexdigest())
    entry = AuditEntry.objects.get(page="Exports")
    assert (entry.action, entry.actor_id, entry.object_id) == (f"{TOTAL} numbers done", bob.user_id, str(run.pk))


def test_a_message_that_comes_twice_or_names_an_unknown_type_or_run_does_nothing(run):
    tasks.work_on_run("numbers", run.pk)
    ended = again(run).ended_at
    tasks.work_on_run("numbers", run.pk)
    tasks.work_on_run("numbers", run.pk + 1)
    tasks.work_on_run("retired", run.pk)
    assert again(run).ended_at == ended


def test_a_run_is_claimed_once(run):
    work = runs.claim(NumbersRun, run.pk)
    assert (work.run.state, work.run.claim is not None) == ("running", True)
    assert runs.claim(NumbersRun, run.pk) is None


def test_a_run_whose_worker_went_silent_is_anybodys_and_the_silent_one_has_lost_it(run):
    lost = runs.claim(NumbersRun, run.pk)
    silent(run)
    won = runs.claim(NumbersRun, run.pk)
    assert won is not None
    with pytest.raises(RunTakenAway):
        runs.execute(lost)
    assert (again(run).state, again(run).done) == ("running", 0)
    runs.execute(won)
    assert (again(run).state, again(run).done) == ("done", TOTAL)


def test_a_run_that_was_taken_away_after_its_last_chunk_is_not_concluded(run, monkeypatch):
    concluded = []

    def parts(self):
        yield range(TOTAL)
        LeadExport.objects.filter(pk=run.pk).update(claim=uuid4())

    monkeypatch.setattr(NumbersRun, "parts", parts)
    monkeypatch.setattr(NumbersRun, "conclude", lambda work: concluded.append(work) or {})
    work = runs.claim(NumbersRun, run.pk)
    with pytest.raises(RunTakenAway):
        runs.execute(work)
    assert concluded == []
    assert again(run).state == "running"


def test_a_chunk_whose_transaction_was_lost_is_written_again_and_nothing_twice(run, monkeypatch):
    advance = runs._advance

    def breaks(work, progress):
        if progress.position > PORTION:
            raise OperationalError("gone")
        return advance(work, progress)

    with monkeypatch.context() as patch:
        patch.setattr(runs, "_advance", breaks)
        with pytest.raises(OperationalError):
            work_on(NumbersRun, run.pk)
    assert (again(run).state, again(run).position) == ("running", PORTION)
    assert len(written(run)) == 2 * PORTION
    work_on(NumbersRun, run.pk)
    assert again(run).state == "running", "its worker may be alive"
    silent(run)
    work_on(NumbersRun, run.pk)
    assert (again(run).state, written(again(run))) == ("done", list(range(TOTAL)))


def test_after_its_time_a_run_is_queued_behind_the_others(run, sent):
    for position in (PORTION, 2 * PORTION, TOTAL):
        work_on(NumbersRun, run.pk, seconds=0)
        assert (again(run).state, again(run).position, again(run).claim) == ("queued", position, None)
    work_on(NumbersRun, run.pk, seconds=0)
    assert again(run).state == "done"
    assert sent == [(runs.QUEUE, f"numbers-{run.pk}", runs.TASK, "numbers", run.pk)] * 3


def test_a_running_run_stops_after_the_chunk_it_is_at(run, bob, monkeypatch):
    def stops(self, part):
        runs.stop(NumbersRun(again(self.run)), actor=bob)
        return write(self, part)

    write = NumbersRun.write
    monkeypatch.setattr(NumbersRun, "write", stops)
    work_on(NumbersRun, run.pk)
    run = again(run)
    assert (run.state, run.done, run.file) == ("stopped", PORTION, "")
    assert not NumbersRun(run).path.exists()
    actions = AuditEntry.objects.filter(page="Exports").order_by("pk").values_list("action", "actor_id")
    assert list(actions) == [("lead export asked to stop", bob.user_id), (f"{PORTION} numbers stopped", None)]


def test_a_queued_run_stops_at_once(run, bob, django_capture_on_commit_callbacks):
    work_on(NumbersRun, run.pk, seconds=0)
    assert NumbersRun(run).path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        runs.stop(NumbersRun(run), actor=bob)
    assert (again(run).state, again(run).done) == ("stopped", PORTION)
    assert not NumbersRun(run).path.exists()
    assert runs.claim(NumbersRun, run.pk) is None


def test_a_stop_that_comes_with_the_last_chunk_is_too_late(run, bob):
    for _ in range(3):
        work_on(NumbersRun, run.pk, seconds=0)
    LeadExport.objects.update(stop_asked=True)
    work_on(NumbersRun, run.pk)
    assert again(run).state == "done"


def test_a_run_that_is_over_stays_as_it_is(run, bob):
    work_on(NumbersRun, run.pk)
    recorded = AuditEntry.objects.count()
    for state, message in (("done", runs.OVER), ("stopped", runs.OVER), ("failed", runs.OVER), ("draft", runs.NOT_STARTED)):
        LeadExport.objects.update(state=state)
        with pytest.raises(DomainError, match=message) as refused:
            runs.stop(NumbersRun(run), actor=bob)
        assert (refused.value.status, again(run).state, again(run).stop_asked) == (409, state, False)
    assert AuditEntry.objects.count() == recorded
    assert NumbersRun(again(run)).path.exists()


@pytest.mark.parametrize(
    ("error", "message"), [(DomainError("The disk is full."), "The disk is full."), (ValueError("jo@example.com"), NumbersRun.fault)]
)
@pytest.mark.parametrize("where", ["parts", "write", "conclude"])
def test_a_failed_run_says_why_and_no_more(run, monkeypatch, error, message, where):
    def fails(*_):
        raise error

    monkeypatch.setattr(NumbersRun, where, fails)
    work_on(NumbersRun, run.pk)
    assert (again(run).state, again(run).error, again(run).file) == ("failed", message, "")


def test_a_run_is_resumed_from_any_state_by_who_knows_that_it_is_nobodys(run, bob):
    other = runs.claim(NumbersRun, run.pk)
    runs._write(other, range(PORTION))
    work = NumbersRun(run, bob)
    runs.resume(work)
    with pytest.raises(RunTakenAway):
        runs.execute(other)
    runs.execute(work)
    assert (again(run).state, written(again(run))) == ("done", list(range(TOTAL)))
    assert AuditEntry.objects.get(page="Exports").actor_id == bob.user_id


def test_the_actor_is_the_starter_or_the_system(run, bob):
    assert NumbersRun(run).actor == SYSTEM
    LeadExport.objects.update(started_by=bob.user_id)
    assert NumbersRun(again(run)).actor == Actor(bob.name, bob.user_id)


def test_the_sweep_notifies_of_queued_runs_and_of_those_of_dead_workers(sent):
    queued, dead, alive, over, draft = (
        LeadExport.objects.create(state=state, beat_at=timezone.now()) for state in ("queued", "running", "running", "done", "draft")
    )
    silent(dead)
    tasks.sweep_runs()
    assert [message[-1] for message in sent] == [queued.pk, dead.pk]


# Drafts


def test_a_draft_is_worked_on_once_it_is_queued_and_is_queued_once(sent):
    draft = LeadExport.objects.create(state="draft", total=TOTAL)
    work_on(NumbersRun, draft.pk)
    assert again(draft).state == "draft"
    first, second = NumbersRun(again(draft)), NumbersRun(again(draft))
    runs.queue(first)
    with pytest.raises(DomainError, match="started already"):
        runs.queue(second)
    assert [message[-1] for message in sent] == [draft.pk]
    work_on(NumbersRun, draft.pk)
    assert again(draft).state == "done"


def test_drafts_that_nobody_started_are_dropped_after_thirty_days_with_their_files(run):
    old, young = LeadExport.objects.create(state="draft"), LeadExport.objects.create(state="draft")
    NumbersRun(old).path.write_text("1")
    LeadExport.objects.exclude(pk=young.pk).update(created_at=timezone.now() - timedelta(days=30, seconds=1))
    assert tasks.forget_expired() == 1
    assert list(LeadExport.objects.order_by("pk")) == [run, young]
    assert os.listdir(NumbersRun(old).path.parent) == []


# Several sessions


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_run_write_each_part_once(run):
    assert at_once(*[lambda: work_on(NumbersRun, run.pk)] * 2) == []
    assert (again(run).state, written(again(run))) == ("done", list(range(TOTAL)))


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_row_is_locked_has_a_live_worker_however_old_its_beat_is(run):
    runs.claim(NumbersRun, run.pk)
    silent(run)
    with connected() as worker, worker.transaction():
        worker.execute("SELECT FROM leads_leadexport FOR NO KEY UPDATE")
        assert runs.claim(NumbersRun, run.pk) is None
    assert runs.claim(NumbersRun, run.pk) is not None


@pytest.mark.django_db(transaction=True)
def test_a_chunk_costs_two_statements_beside_its_own(run, django_assert_num_queries):
    work = runs.claim(NumbersRun, run.pk)
    with django_assert_num_queries(4):  # with BEGIN and COMMIT
        runs._write(work, range(PORTION))
    assert connection.get_autocommit()
