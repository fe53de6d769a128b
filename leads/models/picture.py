"""The picture of a lead's person, as an enrichment has named it by address."""

from django.db import models

from config.core.models.open_bytes import OpenBytesField
from leads.models.lead import Lead


class LeadPicture(models.Model):
    """One row per lead: what is to be fetched from where, and what was fetched. The rows that are due are the queue of the workers."""

    lead = models.OneToOneField(Lead, on_delete=models.CASCADE, primary_key=True, related_name="picture", db_constraint=False)
    address = models.TextField()
    content = OpenBytesField(default=b"")
    content_type = models.CharField(max_length=20, blank=True, help_text="By its first bytes; empty while there is no picture.")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="The next attempt; empty when there is none.")
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="lead_picture_due")]

    def __str__(self) -> str:
        return f"picture of lead {self.pk}"
