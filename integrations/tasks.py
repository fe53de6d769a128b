"""What workers do when the bell of the deliveries rings, and what the clock makes them do."""

from celery import shared_task
from django.conf import settings

from config.core.background.notify import ring
from integrations.delivery import recovery, scheduler
from integrations.services import QUEUE, TASK

SECONDS_A_BELL = 20.0  # then other messages of the queue have their turn, and a stopping worker goes home


@shared_task
def work() -> None:
    """Send what is due; the message says only that there is something."""
    if scheduler.work(seconds=SECONDS_A_BELL):
        ring(QUEUE, "what is left", TASK)


@shared_task
def sweep() -> None:
    """Free what dead workers had claimed, and ring for what no bell woke and what is due by now: receivers take their time, and whoever
    sweeps has more to do.
    """
    recovery.free_orphans()
    recovery.free_stale(settings.CLAIM_SECONDS)
    ring(QUEUE, "what is due", TASK)
