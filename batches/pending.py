"""Pending leads: those that wait for the next file of a job. This is the only definition of them."""

from collections.abc import Collection

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from batches.models import SentBatch, SentLead
from integrations.models import Delivery
from leads.statuses import CurrentStatus
from processr.models import Job

State = Delivery.State


def pending_deliveries(job: Job) -> QuerySet[Delivery]:
    """Return the deliveries that the next file of the job takes, in its order.

    The count of the table, the rows of the view and those of the file are all this queryset.
    """
    return _due().filter(job=job).order_by("not_before", "pk")


def pending_counts(jobs: Collection[int]) -> dict[int, int]:
    """Return the number of pending leads of each of these jobs, in one query by the index of the queue."""
    counted = _due().filter(job__in=jobs).order_by().values_list("job").annotate(n=Count("pk"))
    return dict(counted)


def file_counts(jobs: Collection[int]) -> dict[int, int]:
    """Return the number of rows that the next file of each job would have: for a cumulative one with the leads of those before.

    Where nothing new waits there is no next file (decision 53). This takes two queries.
    """
    counts = pending_counts(jobs)
    repeated = earlier_leads().filter(batch__job__in=counts).order_by().values_list("batch__job").annotate(n=Count("lead", distinct=True))
    for job, number in repeated if counts else ():
        counts[job] += number
    return counts


def earlier_leads() -> QuerySet[SentLead]:
    """Return the leads of sent cumulative files that the next one repeats: those that qualify and do not wait anew."""
    waits_anew = _due().filter(lead=OuterRef("lead"), job=OuterRef("batch__job"))
    return SentLead.objects.filter(
        _qualifies("batch__job") & ~Exists(waits_anew),
        batch__phase=SentBatch.FileState.SENT,
        batch__file_type="cumulative",
        batch__job__batch_schedule__cumulative_since__lte=F("batch__created_at"),
    )


def waiting_or_in_file(job: Job) -> int:
    """Return how many leads would be hurt if the columns changed: those that wait, and those in a file that is being built."""
    building = Q(state=State.IN_FILE, job__batches__phase="collecting")
    return Delivery.objects.filter(Q(state=State.QUEUED) | building, job=job).distinct().count()


def _qualifies(job: str) -> Q:
    """Return the condition under which a file takes the lead of a row, whose job is at this path: Valid, or a test where it takes tests."""
    test = Q(("lead__current_status", CurrentStatus.TEST), ("lead__second_check", ""), (f"{job}__deliver_test_leads", True))
    return Q(lead__deleted_at=None) & (Q(lead__current_status=CurrentStatus.VALID) | test)


def _due() -> QuerySet[Delivery]:
    # What waited for the process delay is due when its time has come, though its row still says so.
    held = Q(held_for="") | Q(held_for=Delivery.HeldFor.PROCESS_DELAY)
    return Delivery.objects.filter(held & _qualifies("job"), state=State.QUEUED, not_before__lte=Now())
