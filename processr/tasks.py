"""What workers do when a bell rings, and what the clock makes them do."""

from time import monotonic

from celery import shared_task
from django.conf import settings

from config.core.background.notify import ring
from leads.lifecycle import claims
from processr.duplicates import by_field, value_index
from processr.engine import scheduler, tallies
from processr.lists import importing

QUEUE, TASK = "processr", "processr.tasks.work"
SECONDS_A_BELL = 20.0  # then other messages of the queue have their turn, and a stopping worker goes home


@shared_task
def work() -> None:
    """Judge what waits; the message says only that there is something."""
    if scheduler.work(seconds=SECONDS_A_BELL):
        ring(QUEUE, "what is left", TASK)


@shared_task
def sweep() -> None:
    """Find what no bell woke, and what dead workers had claimed."""
    claims.free_orphans()
    claims.free_stale(settings.CLAIM_SECONDS)
    work()


@shared_task
def fold_job_tallies() -> int:
    """In portions, until a portion is not full: what arrives meanwhile is the next call's."""
    total = folded = tallies.fold()
    while folded == tallies.FOLD_AT_MOST:
        folded = tallies.fold()
        total += folded
    return total


@shared_task
def import_values(run_id: int) -> None:
    importing.run(run_id)


@shared_task
def sweep_value_imports() -> None:
    """Find imports that no bell woke, and what dead workers had; then files that nobody waits for."""
    importing.wake()
    importing.forget_files()


@shared_task
def watch_fields() -> None:
    """See which fields jobs compare by now; keep the values of leads that were judged before, and drop those nobody compares any more,
    as far as a minute goes.
    """
    value_index.watch(by_field.TYPES, indexed=by_field.COLUMNS)
    until = monotonic() + SECONDS_A_BELL
    while monotonic() < until and (value_index.fill() or value_index.forget()):
        pass
