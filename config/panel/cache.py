"""What is good to have at hand for some minutes, in the broker's server. Without that server everything is simply asked again."""

import hashlib
import hmac
import threading
import time
from collections.abc import Sequence
from functools import lru_cache

import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from prometheus_client import Counter
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError
from redis.retry import Retry

from config.panel import broker, sealed

log = structlog.get_logger(__name__)

BREAK = 2.0
"""Seconds without an attempt after the server failed."""
LONGEST = 100_000
SPACE = "kept"

failures = Counter("sluice_cache_failures", "Attempts to read or keep something that the broker's server did not take")
_lock = threading.Lock()
_broken_until = 0.0


def key(*parts: str) -> str:
    """Tells nothing of the parts to who cannot know our secret: an e-mail address alone would be found by trying."""
    text = "\x00".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", errors="replace")
    return f"sluice:{SPACE}:{hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()}"


def read(keys: Sequence[str]) -> dict[str, str]:
    """What is there of them, in one trip."""
    if not keys or _is_broken():
        return {}
    try:
        found = _server(settings.CELERY_BROKER_URL).mget(keys)
    except (RedisError, OSError) as error:
        _broke(error)
        return {}
    return {
        name: text for name, value in zip(keys, found, strict=True) if isinstance(value, bytes) and (text := _opened(value)) is not None
    }


def keep(name: str, text: str, *, seconds: int) -> None:
    """Sealed: it may be about people, and the server writes to disk."""
    if len(text) > LONGEST or seconds <= 0 or _is_broken():
        return
    try:
        _server(settings.CELERY_BROKER_URL).set(name, sealed.seal(text), ex=seconds)
    except (RedisError, OSError) as error:
        _broke(error)


def _opened(value: bytes) -> str | None:
    try:
        return sealed.unseal(value)
    except InvalidToken:
        return None


def _is_broken() -> bool:
    return time.monotonic() < _broken_until


@lru_cache(maxsize=4)
def _server(url: str) -> Redis:
    """One try, and one more on a line that turned out to be closed."""
    once_more = Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,))
    address = url.replace("redis+socket://", "unix://", 1)
    return Redis.from_url(address, socket_connect_timeout=broker.LIMIT, socket_timeout=broker.LIMIT, retry=once_more)


def _broke(error: Exception) -> None:
    """Said once per break, counted each time."""
    global _broken_until  # noqa: PLW0603  (one breaker per process)
    failures.inc()
    with _lock:
        said, _broken_until = time.monotonic() < _broken_until, time.monotonic() + BREAK
    if not said:
        log.warning("nothing is kept at hand: the server is unreachable", error=str(error))
