"""What our database engine does otherwise than Django's."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
import pytest
from django.core.signals import request_started
from django.db import OperationalError, connection

from config.core.database import waiting


@pytest.mark.django_db(transaction=True)
def test_a_line_that_the_server_has_closed_is_noticed_before_the_next_request():
    connection.ensure_connection()
    assert connection.is_usable()
    end_from_outside(connection.connection)
    assert not connection.is_usable()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_line_lost_in_the_middle_of_a_query_is_replaced_before_the_next_request():
    connection.ensure_connection()
    end_from_outside(connection.connection)
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    request_started.send(sender=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def end_from_outside(line: psycopg.Connection) -> None:
    """Returns when the server's process of that line is gone."""
    with psycopg.connect(line.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [line.info.backend_pid])
        until = time.monotonic() + 5
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [line.info.backend_pid]).fetchone():
            assert time.monotonic() < until


@pytest.mark.django_db(transaction=True)
def test_a_prepared_statement_is_planned_once_a_connection():
    for number in range(3):
        with connection.prepared_cursor() as cursor:
            cursor.execute("SELECT %s + 1", [number])
            assert cursor.fetchone() == (number + 1,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1 + 1'")
        assert cursor.fetchone() == (1,)


@pytest.fixture
def impatient(monkeypatch):
    """impatient(threads): a process of so many threads, which wait for less than a second."""
    monkeypatch.setattr(waiting, "waits", waiting.DatabaseWaits())
    monkeypatch.setattr(waiting, "HANGS_AFTER", 0.2)
    monkeypatch.setattr(waiting, "SECONDS", 0.8)
    return lambda threads: waiting.waits.limit(threads=threads)


def seconds_of_statement(statement: str) -> float:
    """How long the database was waited for, by a connection of its own, which works again afterwards if it was given up."""
    own, began = connection.copy(), time.monotonic()
    try:
        with suppress(OperationalError), own.cursor() as cursor:
            cursor.execute(statement)
        took = time.monotonic() - began
        own.close_if_unusable_or_obsolete()
        with own.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)
    finally:
        own.close()
    return took


@pytest.mark.django_db
def test_a_web_process_gives_up_a_database_that_is_silent_and_others_wait(impatient):
    assert seconds_of_statement("SELECT pg_sleep(1.2)") >= 1.2
    impatient(8)
    assert 0.8 <= seconds_of_statement("SELECT pg_sleep(20)") < 10
    own = connection.copy()
    with own.cursor() as cursor, pytest.raises(OperationalError, match="The database did not answer in time"):
        cursor.execute("SELECT pg_sleep(20)")
    own.close()


@pytest.mark.django_db
def test_statements_that_hang_leave_some_threads_free(impatient, monkeypatch):
    """Four at once, in a process of four threads: two go on, the others are given up."""
    monkeypatch.setattr(waiting, "SECONDS", 3.0)
    impatient(4)
    with ThreadPoolExecutor(4) as threads:
        took = sorted(threads.map(seconds_of_statement, ["SELECT pg_sleep(2)"] * 4))
    assert [seconds >= 2 for seconds in took] == [False, False, True, True], took
