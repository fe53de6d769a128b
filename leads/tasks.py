"""Background tasks on leads."""

from celery import shared_task

from leads import bulk
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
def run_bulk_action(action_id: int) -> None:
    bulk.run(action_id)


@shared_task
def sweep_bulk_actions() -> None:
    """Run actions whose notification was lost or whose worker died."""
    for action_id in bulk.waiting_actions():
        bulk.run(action_id)
