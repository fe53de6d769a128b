"""Outbound events of campaigns: a call to somebody's address when a lead becomes Valid, Invalid or billable."""

from django.db import models
from django.db.models.functions import Now

from campaigns.models import Campaign, Publisher
from config.core.models.names import NameField


class OutboundEvent(models.Model):
    """A call that is made for each lead that its trigger is about, to the address with the lead's values in it.

    It is never deleted, as its messages name it. Without a publisher it is about the leads of all.
    """

    class Trigger(models.TextChoices):
        VALID = "valid", "Valid"
        INVALID = "invalid", "Invalid"
        BILLABLE = "billable", "Billable"

    class Method(models.TextChoices):
        GET = "GET", "GET"
        POST = "POST", "POST"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, db_index=False, related_name="outbound_events")
    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    label = NameField(max_length=120)
    trigger = models.CharField(max_length=8, choices=Trigger.choices)
    method = models.CharField(max_length=4, choices=Method.choices, default=Method.GET)
    url = models.CharField(max_length=2_000, help_text="With {placeholders} for values of the lead.")
    sealed_headers = models.BinaryField(default=b"", editable=False, help_text="Encrypted JSON of names and values; empty for none.")
    placeholders = models.JSONField(default=list, editable=False, help_text="Their names in the address and in the headers.")
    enabled = models.BooleanField(default=True)
    removed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["campaign", "id"], condition=models.Q(removed_at=None), name="outbound_event_campaign")]

    def __str__(self) -> str:
        return self.label
