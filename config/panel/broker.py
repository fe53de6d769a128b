"""The impatient lines to the broker: a worker may wait for its broker, somebody who is posting a lead may not."""

from functools import lru_cache

import kombu.transport.redis  # noqa: F401  (loaded with the process, not while the first sender waits: half a second)
from celery import current_app
from django.conf import settings
from kombu import Connection
from kombu.exceptions import KombuError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError
from redis.retry import Retry

ERRORS = (KombuError, RedisError, OSError)
LIMIT = 0.045
"""Seconds for the connection, and as many for each answer: a broker that hangs costs its first caller less than a tenth of a second."""


def line() -> Connection:
    """Tried once: no retries, neither of the connection nor of what is sent over it."""
    impatience = {"socket_connect_timeout": LIMIT, "socket_timeout": LIMIT, "max_retries": 0}
    return current_app.connection_for_write(transport_options={**current_app.conf.broker_transport_options, **impatience})


def server() -> Redis:
    """The broker's server itself, for what is no message. Whatever is asked of it may raise RedisError or OSError."""
    return _server(settings.CELERY_BROKER_URL)


@lru_cache(maxsize=4)
def _server(url: str) -> Redis:
    """One try, and one more on a line that turned out to be closed, as after a restart of the server; none on one that hangs."""
    once_more = Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,))
    address = url.replace("redis+socket://", "unix://", 1)
    return Redis.from_url(address, socket_connect_timeout=LIMIT, socket_timeout=LIMIT, retry=once_more)
