"""Tallies of how often each job passed, failed, errored or was skipped.

Deltas are insert-only, and the sweep folds them into the tallies.
"""

from django.db import models


class JobTally(models.Model):
    job_id = models.BigIntegerField(primary_key=True)
    passed = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    errored = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "job tallies"

    def __str__(self) -> str:
        return f"tally of job {self.job_id}"


class JobDelta(models.Model):
    job_id = models.BigIntegerField()
    passed = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    errored = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["job_id"], name="job_delta_job")]

    def __str__(self) -> str:
        return f"delta of job {self.job_id}"
