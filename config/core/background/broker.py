"""Connections to the broker with short limits, and a circuit breaker.

A worker may wait for its broker; a request that posts a lead may not. After a failure, the server is not tried again
for a moment, so that a dead server costs a request next to nothing.
"""

import threading
import time
from functools import lru_cache

import kombu.transport.redis  # noqa: F401  (loaded with the process, not while the first sender waits: half a second)
from celery import current_app
from django.conf import settings
from kombu import Connection
from kombu.exceptions import KombuError
from prometheus_client import Counter
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError
from redis.retry import Retry
from structlog.typing import FilteringBoundLogger

BREAK = 2.0
"""Seconds without an attempt after a failure."""


class Breaker:
    """A circuit breaker, one per process and purpose."""

    def __init__(self, log: FilteringBoundLogger, *, message: str, failures: Counter) -> None:
        self._log, self._message, self._failures = log, message, failures
        self._lock = threading.Lock()
        self.open_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.open_until

    def record_failure(self, error: Exception) -> None:
        """Count the failure, open the breaker, and log once per break."""
        self._failures.inc()
        with self._lock:
            was_open, self.open_until = self.is_open, time.monotonic() + BREAK
        if not was_open:
            self._log.warning(self._message, error=str(error))


ERRORS = (KombuError, RedisError, OSError)
LIMIT = 0.045
"""Seconds for the connection, and as many for each answer: a hanging broker costs its first caller less than a tenth of a second."""


def new_connection() -> Connection:
    """Return a connection to the broker without retries, neither of the connection nor of the publish."""
    options = {"socket_connect_timeout": LIMIT, "socket_timeout": LIMIT, "max_retries": 0}
    return current_app.connection_for_write(transport_options={**current_app.conf.broker_transport_options, **options})


def server() -> Redis:
    """Return the client of the broker's server, for other uses than messages. Its commands may raise RedisError or OSError."""
    return _client(settings.CELERY_BROKER_URL, LIMIT)


@lru_cache(maxsize=4)
def _client(url: str, limit: float) -> Redis:
    """Retry once when the connection turns out to be closed, as after a restart of the server, but not when it hangs."""
    retry = Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,))
    address = url.replace("redis+socket://", "unix://", 1)
    return Redis.from_url(address, socket_connect_timeout=limit, socket_timeout=limit, retry=retry)
