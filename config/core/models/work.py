"""Work that may take longer than a second."""

from django.conf import settings
from django.db import models


class Run(models.Model):
    """A background run with progress and Stop. The row is created before any message is sent; the row is the queue."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"

    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    total = models.PositiveBigIntegerField(null=True)
    done = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    error = models.TextField(blank=True)
    stop_asked = models.BooleanField(default=False)
    claim = models.UUIDField(null=True)
    beat_at = models.DateTimeField(null=True, help_text="Last sign of life of the worker that has it.")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
