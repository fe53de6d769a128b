"""Removing secrets from everything that is stored or shown about a call."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from config.logs import MASK, SECRET_KEYS

_SECRET_HEADERS = re.compile(
    r"(?i)auth|cookie|token|secret|passw|(?:api|access|subscription)[-_]?key|signature|session|^x-key$",
)
_NAMES = "|".join(sorted(SECRET_KEYS, key=len, reverse=True))
_IN_JSON = re.compile(rf'(?i)("(?:{_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*"')
_NAMED_VALUE = re.compile(rf"""(?i)\b({_NAMES})(\s*[=:]\s*)(?:(?:bearer|basic)\s+)?[^&\s"',;}}<>\\•]+""")
_IN_QUERY = re.compile(r"""(?i)([?&](?:key|auth|sig|signature)=)[^&#\s"'<>\\]+""")
_ESCAPE = re.compile(r"%[0-9A-F]{2}")


def mask_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace each secret in every encoding, and the values under names of secrets.

    JSON stays valid JSON, because responses are parsed from it.
    """
    for spelling in _all_spellings(secrets):
        text = text.replace(spelling, MASK)
    text = _IN_JSON.sub(rf'\1"{MASK}"', text)
    return _IN_QUERY.sub(rf"\1{MASK}", _NAMED_VALUE.sub(rf"\1\2{MASK}", text))


def contains_secret(text: str, secrets: Iterable[str]) -> bool:
    return any(spelling in text for spelling in _all_spellings(secrets))


def mask_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    secrets = list(secrets)
    return {name: MASK if _SECRET_HEADERS.search(name) else mask_secrets(value, secrets) for name, value in headers.items()}


def is_secret_header(name: str) -> bool:
    """Return whether a header is always removed from logs and never sent on to another host."""
    return _SECRET_HEADERS.search(name) is not None


def _all_spellings(secrets: Iterable[str]) -> list[str]:
    """Return all encodings, the longest first: one may be part of another."""
    return sorted({spelling for secret in secrets if secret for spelling in _spellings(secret)}, key=len, reverse=True)


def _spellings(secret: str) -> set[str]:
    raw = secret.encode("utf-8", errors="replace")
    base64_forms = {b64encode(raw).decode(), urlsafe_b64encode(raw).decode()}
    json_forms = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    url_forms = {quote(raw, safe=""), quote(raw), quote_plus(raw)}
    lower_escapes = {_ESCAPE.sub(lambda match: match[0].lower(), text) for text in url_forms}
    return {secret, *base64_forms, *(text.rstrip("=") for text in base64_forms), *json_forms, *url_forms, *lower_escapes}
