"""Celery tasks of batches: sending, marking, and the tick that finds what is due."""

from datetime import timedelta

from celery import shared_task
from django.db.models import Q
from django.db.models.functions import Now

from batches import marking, resending, sending, services
from batches.models import BatchSchedule, SentBatch
from batches.pending import pending_counts
from batches.queue import notify_markers, notify_senders

LONGEST_SENDING = 1_700
AT_ONCE = 500
OPEN = Q(job__enabled=True, job__removed_at=None) & sending.UNPAUSED


@shared_task(soft_time_limit=LONGEST_SENDING, time_limit=LONGEST_SENDING + 60)
def send(batch_id: int) -> None:
    sending.send(batch_id)


@shared_task(soft_time_limit=LONGEST_SENDING, time_limit=LONGEST_SENDING + 60)
def resend(attempt_id: int) -> None:
    resending.resend(attempt_id)


@shared_task
def mark(batch_id: int) -> None:
    marking.mark(batch_id)


@shared_task
def tick() -> None:
    """Begin the files that are due, end what dead workers left, and notify workers of what waits. It sends nothing itself."""
    begin_due()
    sending.take_over()
    resending.sweep()
    for batch_id in sending.due().order_by("not_before", "pk").values_list("pk", flat=True)[:AT_ONCE]:
        notify_senders(batch_id)
    for batch_id in marking.unmarked()[:AT_ONCE]:
        notify_markers(batch_id)
    SentBatch.objects.filter(phase=SentBatch.FileState.EMPTY, ended_at__lt=Now() - timedelta(days=1)).delete()


def begin_due() -> None:
    """Begin files whose time has come, and those for which enough leads wait."""
    due = BatchSchedule.objects.filter(OPEN, next_run_at__lte=Now()).order_by("next_run_at", "pk")
    for schedule_id in due.values_list("pk", flat=True)[:AT_ONCE]:
        services.begin_scheduled(schedule_id)
    wanted = dict(BatchSchedule.objects.filter(OPEN, quantity__isnull=False).values_list("job", "quantity"))
    counts = pending_counts(wanted) if wanted else {}
    for job_id, waiting in sorted(counts.items()):
        if waiting >= (wanted[job_id] or 0):
            services.begin_full(job_id)
