"""Work that may take longer than a second."""

from django.conf import settings
from django.db import models


class Run(models.Model):
    """A background run with progress and Stop. The row is created before any message is sent; the row is the queue.

    Its columns are written by `config.core.background.runs` alone.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"

    UNDER_WAY = (State.QUEUED, State.RUNNING)

    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    total = models.PositiveBigIntegerField(null=True)
    position = models.PositiveBigIntegerField(default=0, help_text="Where a run that was broken off goes on.")
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

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.STOPPED, self.State.FAILED)

    @property
    def dealt_with(self) -> int:
        """Return how many, of `total`, are done or failed."""
        return self.done + self.failed

    @property
    def is_untouched(self) -> bool:
        """Return whether the run waits for its first turn."""
        return self.state == self.State.QUEUED and not self.position
