"""kill -9 at every step: no lead is lost, none is in two files, and none is delivered that was not sent."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import get_context

import pytest
from django.db import connection
from django.utils import timezone

from batches import building, integrity, marking, sending, services
from batches.building import BuildBatch
from batches.models import SentBatch, SentLead
from config.core.background import runs
from integrations import integrity as deliveries_integrity
from integrations.models import Delivery
from leads.models import Lead
from processr import integrity as processr_integrity
from tests.batches.round.conftest import finish
from tests.embedded.installation import until
from tests.module_cast import ANEW

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)
FileState = SentBatch.FileState


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run_until_killed(work: Callable[[], object]) -> None:
    """Do the work in a process of its own, which kills itself on the way."""

    def _work() -> None:
        connection.connection = None  # not closed: the session is the parent's
        work()

    process = get_context("fork").Process(target=_work)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def work_through(batch_id: int) -> None:
    runs.work_on(BuildBatch, batch_id)
    sending.send(batch_id)
    marking.mark(batch_id)


def on_call(number: int, act: Callable, *, after: bool = False) -> Callable:
    """Return the function, which kills its process in its call of this number: before its work, or after it."""
    calls = []

    def dies(*args, **options):
        calls.append(1)
        if len(calls) == number and not after:
            die()
        result = act(*args, **options)
        if len(calls) == number:
            die()
        return result

    return dies


STEPS = {
    "collecting": (BuildBatch, "_freeze_waiting", 2, False),
    "frozen, before its chunk is committed": (BuildBatch, "_freeze_waiting", 1, True),
    "building": (building, "write_file", 1, False),
    "stored, but not recorded": (building, "build_file", 1, True),
    "built": (sending, "_claim", 1, False),
    "uploading": (sending, "put", 1, False),
    "uploaded, but not recorded": (sending, "put", 1, True),
    "recorded, but not marked": (marking, "_mark_chunk", 1, False),
    "marking": (marking, "_mark_chunk", 2, False),
    "marked in part": (marking, "_mark_chunk", 1, True),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_that_is_killed_loses_nothing(step, monkeypatch, batch_csv, wait_for_file, folder, bob):
    monkeypatch.setattr(building, "CHUNK", 2)
    monkeypatch.setattr(marking, "CHUNK", 2)
    job = batch_csv()
    leads = wait_for_file(5)
    batch = services.batch_now(job, actor=bob)
    where, name, number, after = STEPS[step]
    with monkeypatch.context() as patched:
        patched.setattr(where, name, on_call(number, getattr(where, name), after=after))
        run_until_killed(lambda: work_through(batch.pk))

    batch.refresh_from_db()
    delivered = Lead.objects.filter(delivery_status="delivered").count()
    assert delivered == 0 or batch.phase == FileState.SENT
    bytes_before = batch.sha256

    SentBatch.objects.filter(pk=batch.pk).update(beat_at=timezone.now() - timedelta(minutes=5))
    if batch.phase == FileState.SENDING:
        until(sending.take_over, "what the dead sender had is free", within=10)
        SentBatch.objects.filter(pk=batch.pk).update(not_before=timezone.now())
    batch = until(lambda: taken_up(batch), "the database has ended the dead worker's session", within=20)

    assert (batch.phase, batch.lead_count) == (FileState.SENT, 5)
    assert bytes_before in ("", batch.sha256)
    rows = (folder / batch.file_name).read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == leads
    assert list(SentLead.objects.order_by("row").values_list("lead", "row")) == list(zip(leads, range(1, 6), strict=True))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert Lead.objects.filter(delivery_status="delivered").count() == 5
    assert [path.name for path in folder.iterdir()] == [batch.file_name]
    assert integrity.batches() + deliveries_integrity.deliveries() + processr_integrity.job_tallies() == []


def taken_up(batch: SentBatch) -> SentBatch | None:
    ended = finish(batch)
    return ended if ended.marked_at else None
