"""Two things at once, in threads and connections of their own."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from tests.embedded.installation import until

Returned = TypeVar("Returned")


def at_once(*acts: Callable[[], Any]) -> list[BaseException]:
    """Run all at once in threads of their own, and return their exceptions."""
    start, raised = threading.Barrier(len(acts)), []

    def run(act: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            act()
        except BaseException as error:  # noqa: BLE001  (handed to the test)
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return raised


def in_own_session(act: Callable[[], Returned]) -> Returned:
    """Return what the act returns in a session of its own, as in another process."""

    def run() -> Returned:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(run).result()


@contextmanager
def connected() -> Iterator[psycopg.Connection]:
    """A second connection to the test database, outside Django's."""
    given = connection.get_connection_params()
    wanted = {key: given[key] for key in ("dbname", "user", "password", "host", "port") if given.get(key)}
    with psycopg.connect(**wanted, autocommit=True) as other:
        yield other


def until_older_strangers_have_ended() -> None:
    """Wait for older transactions in all databases of the server, and for autovacuum: the tested code goes no further than the oldest."""
    until(lambda: not _strangers(), "no older transaction is open in another database", within=60)


def _strangers() -> list[str]:
    with connected() as other:
        found = other.execute(
            "SELECT coalesce(query, backend_type) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
            " AND (datname IS DISTINCT FROM current_database() OR backend_type <> 'client backend')"
        )
        return [what for (what,) in found]


def waits_while_held(key: int, act: Callable[[], Any]) -> None:
    """Check that the act waits for an advisory lock that somebody else holds, and goes on when nobody does."""
    with connected() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [key])
        with pytest.raises(OperationalError, match="lock timeout"):
            _without_waiting(act)
        other.execute("SELECT pg_advisory_unlock(%s)", [key])
    act()


@transaction.atomic
def _without_waiting(act: Callable[[], Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
    act()
