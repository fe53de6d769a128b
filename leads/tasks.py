"""Background tasks on leads."""

from celery import shared_task

from leads.intake import search_index
from leads.lifecycle import tallies


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
