"""The schedule of a job whose leads go out in files."""

from django.db import models
from django.db.models import Q

from processr.models import Job


class BatchSchedule(models.Model):
    """When files of a job are due, written from its settings whenever the job is saved.

    A job without a row has neither a schedule nor a quantity. The minute's tick claims `next_run_at` by moving it on.
    """

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="batch_schedule")
    body = models.JSONField(null=True, help_text="A schedule of config.core.schedule; null: none.")
    quantity = models.PositiveIntegerField(null=True, help_text="So many leads wait: a file is due.")
    next_run_at = models.DateTimeField(null=True)
    cumulative_since = models.DateTimeField(null=True, help_text="Since then each file holds the leads of those before; null: it does not.")

    class Meta:
        indexes = [
            models.Index(fields=["next_run_at"], condition=Q(next_run_at__isnull=False), name="batch_schedule_due"),
            models.Index(fields=["quantity"], condition=Q(quantity__isnull=False), name="batch_schedule_quantity"),
        ]

    def __str__(self) -> str:
        return f"schedule of job {self.job_id}"
