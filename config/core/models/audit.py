"""The audit trail: insert-only entries, sealed in a chain."""

from django.conf import settings
from django.db import models

from config.core.models.xid import CurrentXid, Xid8Field


class AuditEntry(models.Model):
    """One action. A trigger refuses UPDATE and DELETE; no foreign key points here, and the actor's name is stored as it was."""

    class Severity(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"

    xid = Xid8Field(db_default=CurrentXid(), editable=False)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    actor_name = models.CharField(max_length=150)
    severity = models.CharField(max_length=6, choices=Severity.choices, default=Severity.LOW)
    page = models.CharField(max_length=120)
    action = models.CharField(max_length=120)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    campaign_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    notes = models.TextField(blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["xid", "id"], name="audit_xid"),
            models.Index(fields=["-at", "-id"], name="audit_at"),
            models.Index(fields=["campaign_id", "-id"], name="audit_campaign"),
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action}"


class AuditSeal(models.Model):
    """A link of the chain: the SHA-256 over the entries it covers and over the previous seal.

    It covers the entries of all transactions from the previous seal up to, not including, `upto`. Those have ended, so
    no entry can be added.
    """

    entries = models.JSONField(help_text="Ids of the entries under this seal, in order.")
    upto = Xid8Field(editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    previous = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{len(self.entries)} entries, {self.sha256[:12]}"
