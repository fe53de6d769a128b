"""What programs show to get in, what we show to others, and which request was answered already."""

from django.conf import settings
from django.db import models


class AccessToken(models.Model):
    """A bearer token, kept as its SHA-256 only; good for 60 minutes."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_tokens")
    digest = models.CharField(max_length=64, unique=True)
    refresh_digest = models.CharField(max_length=64, unique=True, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    refresh_expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="token_expires")]

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user_id}"


class IdempotencyKey(models.Model):
    """One answered request: inserted in the request's own transaction, kept 24 hours (DESIGN 3)."""

    principal = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    request_sha256 = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)
    body = models.JSONField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["principal", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["at"], name="idempotency_at")]

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"


class Credential(models.Model):
    """A secret of somebody else's system; encrypted with the installation's field keys, never shown again."""

    name = models.CharField(max_length=120, unique=True)
    type = models.CharField(max_length=40, default="processrJob")
    entity = models.CharField(max_length=80, blank=True)
    client_id = models.CharField(max_length=255, blank=True)
    secret = models.BinaryField(editable=False)
    api_url = models.URLField(blank=True)
    set_at = models.DateTimeField(auto_now=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
