"""Work on leads that nobody waits for."""

from celery import shared_task

from leads import bulk
from leads.lifecycle import tallies


@shared_task
def fold_tallies() -> int:
    """In portions, until a portion is not full: what arrives meanwhile is the next call's."""
    total = folded = tallies.fold()
    while folded == tallies.FOLD_AT_MOST:
        folded = tallies.fold()
        total += folded
    return total


@shared_task
def run_bulk_action(action_id: int) -> None:
    bulk.run(action_id)


@shared_task
def sweep_bulk_actions() -> None:
    """Find what no bell woke, and what dead workers had begun."""
    for action_id in bulk.waiting_actions():
        bulk.run(action_id)
