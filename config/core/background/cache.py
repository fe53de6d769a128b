"""A cache of some minutes in the broker's server. Without that server every look-up is a miss."""

import hashlib
import hmac
from collections.abc import Sequence
from contextlib import suppress

import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from prometheus_client import Counter
from redis.exceptions import RedisError

from config.core.background import broker
from config.core.background.broker import Breaker
from config.core.credentials import encryption

log = structlog.get_logger(__name__)

LONGEST = 100_000
SPACE = "kept"

failures = Counter("sluice_cache_failures", "Attempts to read or keep something that the broker's server did not take")
breaker = Breaker(log, message="nothing is kept at hand: the server is unreachable", failures=failures)


def key(*parts: str) -> str:
    """Return a keyed hash of the parts, which reveals nothing without SECRET_KEY: the plain hash of an e-mail address could be guessed."""
    text = "\x00".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", errors="replace")
    return f"sluice:{SPACE}:{hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()}"


def read(keys: Sequence[str]) -> dict[str, str]:
    """Return the cached values of `keys`, in one round trip."""
    if not keys or breaker.is_open:
        return {}
    try:
        values = broker.server().mget(keys)
    except (RedisError, OSError) as error:
        breaker.record_failure(error)
        return {}
    texts = {}
    for name, value in zip(keys, values, strict=True):
        if isinstance(value, bytes):
            with suppress(InvalidToken):  # encrypted with a key that was removed since
                texts[name] = encryption.unseal(value)
    return texts


def keep(name: str, text: str, *, seconds: int) -> None:
    """Store a text encrypted, because it may hold personal data and the server writes to disk."""
    if len(text) > LONGEST or seconds <= 0 or breaker.is_open:
        return
    try:
        broker.server().set(name, encryption.seal(text), ex=seconds)
    except (RedisError, OSError) as error:
        breaker.record_failure(error)
