"""Background tasks on leads."""

from celery import shared_task

from config.core.background.notify import notify_workers
from leads import pictures
from leads.intake import search_index
from leads.lifecycle import tallies

SECONDS_A_TURN = 20.0
"""Then other messages of the queue have their turn."""


@shared_task
def fold_tallies() -> int:
    """Fold in portions until one is not full. Deltas that arrive meanwhile are left for the next call."""
    total = folded = tallies.fold()
    while folded == tallies.FOLD_AT_MOST:
        folded = tallies.fold()
        total += folded
    return total


@shared_task
def write_words_of_newest() -> int:
    return search_index.write_newest()


@shared_task
def fetch_pictures() -> None:
    """Fetch the pictures that are due: at a message, and with each sweep."""
    if pictures.fetch_due(seconds=SECONDS_A_TURN):
        notify_workers(pictures.QUEUE, "what is left of pictures", pictures.TASK)
