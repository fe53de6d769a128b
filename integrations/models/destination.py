"""Destinations: where something is sent, with the limits that are kept and the state that it is in."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from integrations.models.outbound_event import OutboundEvent
from processr.models import Job


class WaitReason(models.TextChoices):
    """Why a destination is not served."""

    NONE = ""
    UNREACHABLE = "unreachable", "It does not answer"
    RATE = "rate", "The limit a minute is reached"
    HOURS = "hours", "Outside the delivery hours"
    CAP = "cap", "The cap is reached"


class Destination(models.Model):
    """A receiver: that of an integration, or of an outbound event. One worker at a time serves it.

    An integration without a row has no limits and was never served. `waits_until` is when it is served again, and
    `waits_for` why not before; while it is `failing_since` a time it is tried with one call at a time.
    """

    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="destination")
    event = models.OneToOneField(OutboundEvent, on_delete=models.PROTECT, null=True, related_name="destination")

    per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Calls in any sixty seconds; empty for no limit.")
    hours = models.JSONField(
        default=dict, blank=True, help_text="Weekdays from 0 (Monday), opening and closing time in the enterprise's zone; empty for always."
    )
    cap_day = models.PositiveIntegerField(null=True, blank=True)
    cap_week = models.PositiveIntegerField(null=True, blank=True)
    cap_month = models.PositiveIntegerField(null=True, blank=True)

    signing_secret = models.BinaryField(default=b"", editable=False, help_text="Encrypted; empty where nothing is signed.")
    previous_secret = models.BinaryField(default=b"", editable=False, help_text="Encrypted; signs beside the new one for a while.")
    previous_secret_until = models.DateTimeField(null=True, editable=False)

    served_at = models.DateTimeField(null=True, editable=False)
    waits_until = models.DateTimeField(null=True, editable=False)
    waits_for = models.CharField(max_length=12, choices=WaitReason.choices, blank=True, default="", editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    rests = models.PositiveSmallIntegerField(default=0, editable=False, help_text="How often it rested since it failed: rests grow longer.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(job=None) ^ Q(event=None), name="destination_of_one_thing"),
        ]

    def __str__(self) -> str:
        return str(self.owner)

    @property
    def is_waiting(self) -> bool:
        """Whether it is not served before `waits_until`."""
        return bool(self.waits_for and self.waits_until and self.waits_until > timezone.now())

    @property
    def owner(self) -> Job | OutboundEvent:
        owner = self.job or self.event
        assert owner is not None, "a destination is of one thing"
        return owner


class SentCount(models.Model):
    """How many leads or messages were sent to a destination on a day of the enterprise's zone, for its caps."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, db_index=False, related_name="sent_counts")
    day = models.DateField()
    n = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["destination", "day"], name="sent_count_once_a_day")]

    def __str__(self) -> str:
        return f"{self.n} on {self.day}"
