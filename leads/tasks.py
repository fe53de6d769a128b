"""Work on leads that nobody waits for."""

from celery import shared_task

from leads import counting


@shared_task
def fold_tallies() -> int:
    """In portions, until a portion is not full: what arrives meanwhile is the next call's."""
    total = folded = counting.fold()
    while folded == counting.FOLD_AT_MOST:
        folded = counting.fold()
        total += folded
    return total
