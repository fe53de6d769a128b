"""Tallies of the leads that passed each job in their last run, failed it, could not be checked by it or were skipped.

For an integration they count attempts. Deltas are insert-only, and the sweep folds them into the tallies.
"""

from django.db import models


class JobTally(models.Model):
    job_id = models.BigIntegerField(primary_key=True)
    passed = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    errored = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    failing_since = models.DateTimeField(
        null=True, help_text="Since when the job could check no lead any more, or the integration could send none; empty while it can."
    )

    class Meta:
        verbose_name_plural = "job tallies"
        indexes = [models.Index(fields=["job_id"], condition=models.Q(failing_since__isnull=False), name="job_tally_failing")]

    def __str__(self) -> str:
        return f"tally of job {self.job_id}"


class JobDelta(models.Model):
    job_id = models.BigIntegerField()
    passed = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    errored = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    is_correction = models.BooleanField(default=False, db_default=False, help_text="It takes earlier runs out of the tally.")

    class Meta:
        indexes = [models.Index(fields=["job_id"], name="job_delta_job")]

    def __str__(self) -> str:
        return f"delta of job {self.job_id}"
