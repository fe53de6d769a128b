"""A publisher's contract on a campaign, and the links through which leads arrive."""

from django.db import models
from django.db.models import Q

from campaigns.models.party import Publisher
from config.core.models.names import NameField


class CampaignPublisher(models.Model):
    """The contract. `slots_taken` counts the Valid leads within the cap; it is null while there is no cap."""

    class Type(models.TextChoices):
        CPL = "cpl", "CPL"
        FIXED = "fixed", "Fixed"

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="contracts")
    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="contracts")
    type = models.CharField(max_length=5, choices=Type.choices, default=Type.CPL)
    payout = models.DecimalField(max_digits=12, decimal_places=4, default=0, help_text="Per billable lead, in the campaign's currency.")
    contract_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    minimum_leads = models.PositiveIntegerField(null=True, blank=True)
    cap = models.PositiveIntegerField(null=True, blank=True)
    slots_taken = models.PositiveIntegerField(null=True, editable=False)
    terms = models.TextField(blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.CharField(max_length=160, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "publisher"], name="contract_once"),
            models.CheckConstraint(condition=Q(cap__isnull=False) | Q(slots_taken__isnull=True), name="contract_slots_only_with_cap"),
        ]
        indexes = [models.Index(fields=["publisher", "campaign"], name="contract_publisher")]

    def __str__(self) -> str:
        return f"{self.publisher_id} on {self.campaign_id}"

    @property
    def status(self) -> str:
        if self.signed_at is None:
            return "Unsigned"
        return "Active" if self.enabled else "Inactive"


class CampaignLink(models.Model):
    class Status(models.TextChoices):
        ACTIVE = "active"
        ARCHIVED = "archived"

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="links")
    name = NameField(max_length=120)
    channel = models.CharField(max_length=60, blank=True)
    destination = models.URLField(blank=True, max_length=500)
    placeholder = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    notes = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
