"""Figures of batches for the readiness check and /metrics."""

from collections.abc import Iterator

from django.db.models import Min
from django.utils import timezone

from batches import sending
from config.core.extension_points import QueueState
from config.core.monitoring.queues import COUNT_AT_MOST


def queues() -> Iterator[QueueState]:
    """Yield the files that are due to be sent and that no sender has. What rests until its next attempt is not due."""
    due = sending.due()
    oldest = due.aggregate(oldest=Min("not_before"))["oldest"]
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield QueueState("batches", due.order_by()[:COUNT_AT_MOST].count(), max(0.0, age))
