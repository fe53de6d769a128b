"""The headers of outbound events. Their values are secrets: they are stored encrypted, and no page shows them."""

import json
from collections.abc import Mapping, Sequence

import structlog
from cryptography.fernet import InvalidToken

from config.core.credentials import encryption
from config.core.errors import DomainError
from integrations.models import OutboundEvent

log = structlog.get_logger(__name__)

RESERVED = frozenset({"content-type", "webhook-id", "webhook-timestamp", "webhook-signature"})
"""The headers that a call sets itself, in small letters, beside those of every call."""


def seal_headers(headers: Mapping[str, str]) -> bytes:
    return encryption.seal(json.dumps(headers)) if headers else b""


def unseal_headers(sealed: bytes | memoryview) -> dict[str, str]:
    """Return the values by name. They may hold placeholders."""
    if not sealed:
        return {}
    headers: dict[str, str] = json.loads(encryption.unseal(sealed))
    return headers


def stored_headers(event: OutboundEvent) -> dict[str, str]:
    """Return the headers as they are stored; none where no key of the installation opens them, so that they can be entered again."""
    try:
        return unseal_headers(event.sealed_headers)
    except InvalidToken:
        log.warning("headers of an outbound event cannot be decrypted", event=event.pk)
        return {}


def headers_shown(headers: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rows of headers as pages and programs may see them: without values."""
    return [{"name": name, "value": ""} for name in headers]


def merge_headers(rows: Sequence[Mapping[str, str]], stored: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of the rows. One without a value keeps the value that is stored under its name."""
    known = {name.lower(): value for name, value in stored.items()}
    headers: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        name = row["name"]
        if name.lower() in {other.lower() for other in headers}:
            raise DomainError(f"Row {number}: {name} would be sent twice.", field="headers")
        value = row["value"] or known.get(name.lower(), "")
        if not value:
            raise DomainError(f"Row {number}: give the value of {name}.", field="headers")
        headers[name] = value
    return headers
