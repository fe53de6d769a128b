"""Batches: files of leads, from the moment that their leads are frozen."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from config.core.models import Run
from integrations.models import Delivery
from leads.models import Lead
from processr.models import Job


class SentBatch(Run):
    """One file of a job. The columns of `Run` are those of its building; `phase` tells what becomes of the file.

    Its bytes are written only while it is collecting. From then on each attempt sends the same bytes under the same name.
    """

    class FileState(models.TextChoices):
        COLLECTING = "collecting", "Being built"
        READY = "ready", "Waiting to be sent"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        NEEDS_PERSON = "needs_person", "Needs a person"
        GIVEN_UP = "given_up", "Given up"
        EMPTY = "empty", "Nothing was waiting"

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "By schedule"
        QUANTITY = "quantity", "Enough leads waited"
        BY_HAND = "by_hand", "Batch now"

    job = models.ForeignKey(Job, on_delete=models.PROTECT, db_index=False, related_name="batches")
    number = models.PositiveIntegerField(null=True, help_text="Counted for each job; null until the file is built.")
    trigger = models.CharField(max_length=8, choices=Trigger.choices)
    phase = models.CharField(max_length=12, choices=FileState.choices, default=FileState.COLLECTING)
    label = models.CharField(max_length=120, help_text="The job's, when the file was built.")
    file_type = models.CharField(max_length=10)
    settings = models.JSONField(default=dict, help_text="The job's, when the building began.")
    destination = models.CharField(max_length=500, blank=True, help_text="In words, as it was when the file was built.")
    built_at = models.DateTimeField(null=True, help_text="The moment of all values in the file.")

    file_name = models.CharField(max_length=255, blank=True)
    storage_key = models.CharField(max_length=255, blank=True, help_text="The name in the storage; empty once the file is deleted.")
    sealed_key = models.BinaryField(default=b"", editable=False, help_text="The key of the stored bytes, encrypted.")
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(null=True)
    lead_count = models.PositiveIntegerField(default=0)
    header = models.JSONField(default=list)

    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now())
    send_claim = models.UUIDField(null=True)
    send_claimed_at = models.DateTimeField(null=True)
    first_tried_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True, help_text="Of the last attempt, in words.")
    sent_at = models.DateTimeField(null=True)
    marked_at = models.DateTimeField(null=True, help_text="All of its leads are delivered since then, or free again.")
    resent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "sent batches"
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="batch_number_once"),
            models.UniqueConstraint(fields=["job"], condition=Q(phase="collecting"), name="batch_built_once_at_a_time"),
            models.CheckConstraint(
                condition=Q(phase="sending", send_claim__isnull=False) | (~Q(phase="sending") & Q(send_claim__isnull=True)),
                name="batch_claimed_while_sending",
            ),
            models.CheckConstraint(
                condition=Q(phase="sent", sent_at__isnull=False) | (~Q(phase="sent") & Q(sent_at__isnull=True)), name="batch_sent_at"
            ),
        ]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(phase="ready"), name="batch_ready"),
            models.Index(fields=["send_claimed_at"], condition=Q(phase="sending"), name="batch_sending"),
            models.Index(fields=["id"], condition=Q(phase="needs_person"), name="batch_needs_person"),
            models.Index(fields=["id"], condition=Q(phase__in=("sent", "given_up"), marked_at__isnull=True), name="batch_unmarked"),
            models.Index(fields=["job", "sent_at"], name="batch_of_job"),
            models.Index(fields=["sent_at"], condition=Q(sent_at__isnull=False), name="batch_sent"),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk}: file {self.number} of job {self.job_id}"


class SentLead(models.Model):
    """A lead in a file, with its place. `delivery` is empty where a cumulative file repeats a lead of an earlier one."""

    batch = models.ForeignKey(SentBatch, on_delete=models.CASCADE, db_index=False, related_name="leads")
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="+")
    row = models.PositiveIntegerField()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "row"], name="sent_lead_row_once"),
            models.UniqueConstraint(fields=["batch", "lead"], name="sent_lead_once"),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} in batch {self.batch_id}"


class BatchAttempt(models.Model):
    """One attempt at sending a file, and the server's answer."""

    class Kind(models.TextChoices):
        SEND = "send", "Sent"
        RESEND = "resend", "Resent"

    batch = models.ForeignKey(SentBatch, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    number = models.PositiveIntegerField(default=0, help_text="Of the resend that it belongs to.")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ok = models.BooleanField(null=True)
    answer = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} of batch {self.batch_id}"
