"""Insert-only records of a lead's changes and prices, and the reasons offered to users."""

from django.db import models

from config.core.models.names import NameField


class LeadNote(models.Model):
    """One row per lead and call. There is no foreign key, so that the table can be partitioned by time later."""

    class Kind(models.TextChoices):
        STATUS = "status", "Status"
        DELIVERY = "delivery", "Delivery"
        CONTRACT = "contract", "Contract"
        DATA = "data", "Data"
        METADATA = "metadata", "Metadata"
        FEEDBACK = "feedback", "Feedback"
        COMMENT = "comment", "Comment"

    lead_id = models.BigIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    changes = models.JSONField(default=list, help_text="[[axis, old, new], …]")
    reason = models.CharField(max_length=255, blank=True)
    comment = models.TextField(blank=True)
    action_id = models.BigIntegerField(null=True, help_text="The bulk action it was part of.")

    class Meta:
        indexes = [models.Index(fields=["lead_id", "id"], name="note_lead")]

    def __str__(self) -> str:
        return f"{self.kind} note on lead {self.lead_id}"


class PriceEntry(models.Model):
    """An amount gained or taken back. A lead's billable flag of a side always equals the sum of its entries."""

    class Side(models.TextChoices):
        PUBLISHER = "publisher"
        ADVERTISER = "advertiser"

    lead = models.ForeignKey("leads.Lead", on_delete=models.PROTECT, related_name="price_entries", db_index=False)
    side = models.CharField(max_length=10, choices=Side.choices)
    sign = models.SmallIntegerField(help_text="1: became billable; -1: stopped being so.")
    amount = models.DecimalField(max_digits=12, decimal_places=4)
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=18, decimal_places=8)
    base_amount = models.DecimalField(max_digits=14, decimal_places=4)
    contract = models.ForeignKey("campaigns.CampaignPublisher", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    cause = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "price entries"
        indexes = [models.Index(fields=["lead", "side"], name="price_lead")]
        constraints = [models.CheckConstraint(condition=models.Q(sign__in=[1, -1]), name="price_sign")]

    def __str__(self) -> str:
        return f"{self.side} {self.amount * self.sign} {self.currency}"


class FlagReason(models.Model):
    class Flag(models.TextChoices):
        VALID = "valid"
        INVALID = "invalid"
        TEST = "test"

    flag = models.CharField(max_length=7, choices=Flag.choices)
    name = models.CharField(max_length=255)
    is_other = models.BooleanField(default=False, help_text="Asks for the person's own reason.")
    has_categories = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["flag", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["flag", "name"], name="flag_reason_once")]

    def __str__(self) -> str:
        return self.name


class FlagReasonCategory(models.Model):
    """A category of a reason. It is permanent: never edited, never deleted."""

    reason = models.ForeignKey(FlagReason, on_delete=models.PROTECT, related_name="categories")
    name = NameField(max_length=120)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "flag reason categories"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["reason", "name"], name="flag_reason_category_once")]

    def __str__(self) -> str:
        return self.name
