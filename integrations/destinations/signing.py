"""Signatures of what is sent, as Standard Webhooks 1.0.0 has them, so that receivers verify them with its public libraries.

A secret is written as `whsec_` and its bytes in base64. The signature is over the id, the time in seconds and the exact
body, joined by dots. While two secrets are valid there is a signature by each.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes
from typing import Self

from django.utils import timezone

from config.core.credentials import encryption
from integrations.models import Destination

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
HEADERS = (ID, TIMESTAMP, SIGNATURE)
_PREFIX, _BYTES = "whsec_", 32


def new_secret() -> str:
    return _PREFIX + b64encode(token_bytes(_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class Signer:
    """The secrets of a destination, opened once for all that is sent in a turn. Without any it signs nothing."""

    secrets: Sequence[str] = field(default=(), repr=False)

    @classmethod
    def of(cls, destination: Destination | None) -> Self:
        """Open the secrets: the present one, and the one before it as long as that is valid."""
        if destination is None or not destination.signing_secret:
            return cls()
        sealed = [destination.signing_secret]
        until = destination.previous_secret_until
        if destination.previous_secret and until is not None and until > timezone.now():
            sealed.append(destination.previous_secret)
        return cls([encryption.unseal(secret) for secret in sealed])

    @classmethod
    def of_job(cls, job_id: int) -> Self:
        """Open the secrets of an integration's destination. A job that is not saved yet has none."""
        return cls.of(Destination.objects.filter(job=job_id).first() if job_id else None)

    def headers(self, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
        """Return the headers that sign the body as it is sent, or none without a secret."""
        if not self.secrets:
            return {}
        seconds = str(int(at.timestamp()))
        content = b".".join([message_id.encode(), seconds.encode(), body])
        signatures = " ".join(_signature(secret, content) for secret in self.secrets)
        return {ID: message_id, TIMESTAMP: seconds, SIGNATURE: signatures}

    def add_to(self, headers: Mapping[str, str], *, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
        """Return the headers with those of the signature. Other headers of these names, in any case, give way to them."""
        signed = self.headers(message_id, body, at)
        return {**{name: value for name, value in headers.items() if name.lower() not in signed}, **signed}


def _signature(secret: str, content: bytes) -> str:
    key = b64decode(secret.removeprefix(_PREFIX))
    return "v1," + b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
