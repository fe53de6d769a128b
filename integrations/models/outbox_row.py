"""The columns of everything that waits to be sent, whatever it is: deliveries of leads, and messages."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

CLAIMED_WHILE_SENDING = Q(state="sending", claim__isnull=False) | (~Q(state="sending") & Q(claim__isnull=True))


class OutboxRow(models.Model):
    """A row of the outbox. Those in state queued are the queue, those being sent carry the claim of their worker."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        IN_FILE = "in_file", "In a file"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"
        NEEDS_PERSON = "needs_person", "Needs a person"
        WITHDRAWN = "withdrawn", "Withdrawn"

    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now())
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    lost_claim = models.UUIDField(
        null=True, help_text="The claim that was taken from a worker that seemed dead: its answer may still come."
    )
    first_tried_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True, help_text="When the last attempt ended, with or without an answer.")
    answer = models.CharField(max_length=300, blank=True, help_text="Of the last attempt, in words.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Status code of the last answer.")
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
