"""Celery tasks of the Processr: those that a notification starts, and the periodic ones."""

from time import monotonic

from celery import shared_task
from django.conf import settings

from config.core.background.notify import notify_workers
from leads.lifecycle import claims
from processr.duplicates import by_field, value_index
from processr.engine import scheduler, tallies

QUEUE, TASK = "processr", "processr.tasks.work"
SECONDS_A_TASK = 20.0  # Then other messages of the queue have their turn, and a worker that is stopping can stop.


@shared_task
def work() -> None:
    """Process waiting leads. The message carries no work itself: it only says that there is some."""
    if scheduler.serve_campaigns(seconds=SECONDS_A_TASK):
        notify_workers(QUEUE, "what is left", TASK)


@shared_task
def sweep() -> None:
    """Release the claims of dead workers, and process leads for which no notification arrived."""
    claims.free_orphans()
    claims.free_stale(settings.CLAIM_SECONDS)
    work()


@shared_task
def fold_job_tallies() -> int:
    """Fold deltas in portions until one is not full. What arrives meanwhile is left to the next call."""
    total = folded = tallies.fold()
    while folded == tallies.FOLD_AT_MOST:
        folded = tallies.fold()
        total += folded
    return total


@shared_task
def watch_fields() -> None:
    """Keep the value index in step with the jobs, for as long as the time allows.

    Fields that jobs compare now are filled for the leads processed before; fields that no job compares any more are
    dropped.
    """
    value_index.index_fields(by_field.TYPES, columns=by_field.COLUMNS)
    until = monotonic() + SECONDS_A_TASK
    while monotonic() < until and (value_index.fill() or value_index.delete_unused()):
        pass
