"""Access tokens and idempotency keys of programs."""

import uuid

from django.conf import settings
from django.db import models


class AccessToken(models.Model):
    """A bearer token, valid for 60 minutes, with its refresh token; only the SHA-256 of both is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_tokens", db_index=False)
    digest = models.CharField(max_length=64, unique=True)
    refresh_digest = models.CharField(max_length=64, unique=True, null=True)
    session = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True, help_text="Shared by all that were refreshed from one.")
    source = models.CharField(max_length=20, help_text="What it was given for: a password, an API key.")
    source_id = models.BigIntegerField(null=True, blank=True, help_text="Which one, where there are several.")
    client_id = models.CharField(max_length=64, blank=True, help_text="The client it was given to, which alone may refresh it.")
    password_mark = models.CharField(max_length=16, help_text="Of the password of that moment: another one ends the token.")
    ip = models.GenericIPAddressField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    refresh_expires_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], name="token_expires"),
            models.Index(fields=["user", "source", "source_id", "ip"], name="token_way_in"),
        ]

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user_id}"


class IdempotencyKey(models.Model):
    """An answered request: inserted in the request's own transaction, kept for 24 hours."""

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
