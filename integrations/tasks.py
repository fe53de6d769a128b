"""Celery tasks of deliveries: the one that a notification starts, and the periodic ones."""

from celery import shared_task
from django.conf import settings

from config.core.background.notify import notify_workers
from integrations.alerts import finding
from integrations.delivery import recovery, scheduler, unrecorded
from integrations.outbound_events.services import withdraw_of_removed
from integrations.services import QUEUE, TASK

TURN_SECONDS = 20.0  # Then other messages of the queue have their turn, and a worker that is stopping can stop.


@shared_task
def work() -> None:
    """Send what is due. The message carries no work itself: it only says that there is some."""
    unrecorded.record_files()
    if scheduler.serve_destinations(seconds=TURN_SECONDS):
        notify_workers(QUEUE, "what is left", TASK)


@shared_task
def sweep() -> None:
    """Release the claims of dead workers, and notify workers of what is due, also where no notification arrived.

    The sweep sends nothing itself: receivers can be slow, and the sweep has more to do.
    """
    unrecorded.record_files()
    recovery.free_orphans()
    recovery.free_stale(settings.CLAIM_SECONDS)
    withdraw_of_removed()
    notify_workers(QUEUE, "what is due", TASK)


@shared_task
def find_alerts() -> None:
    """Alert users to what goes wrong by itself, once for each episode or period."""
    finding.find_alerts()
