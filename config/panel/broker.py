"""The impatient line to the broker: a worker may wait for its broker, somebody who is posting a lead may not."""

import kombu.transport.redis  # noqa: F401  (loaded with the process, not while the first sender waits: half a second)
from celery import current_app
from kombu import Connection
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

ERRORS = (KombuError, RedisError, OSError)
LIMIT = 0.045
"""Seconds for the connection, and as many for each answer: a broker that hangs costs its first caller less than a tenth of a second."""


def line() -> Connection:
    """Tried once: no retries, neither of the connection nor of what is sent over it."""
    impatience = {"socket_connect_timeout": LIMIT, "socket_timeout": LIMIT, "max_retries": 0}
    return current_app.connection_for_write(transport_options={**current_app.conf.broker_transport_options, **impatience})
