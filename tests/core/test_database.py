"""The database backend, where it differs from Django's."""

import ast
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC

import psycopg
import pytest
from django.core.signals import request_started
from django.db import DataError, OperationalError, connection
from django.db.backends.postgresql.psycopg_any import register_tzloader

from config.core.database import waiting
from config.core.database.copying import copy_row
from tests.sources import ROOT, text_of, trees


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


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    "text", ["2026-03-01 00:00:00+05:45", "1999-12-31 23:59:59.5+00", "2024-02-29 12:00:00.123456-08", "0001-01-01 06:00:00+00"]
)
def test_times_are_read_as_django_reads_them(text, zone):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('timezone', %s, true), %s::timestamptz", [zone, text])
        _, ours = cursor.fetchone()
        register_tzloader(UTC, cursor)
        cursor.execute("SELECT %s::timestamptz", [text])
        (djangos,) = cursor.fetchone()
    assert (ours, ours.tzinfo) == (djangos, UTC)


@pytest.mark.django_db
def test_a_time_that_python_cannot_hold_is_refused_as_by_django():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'infinity'::timestamptz")
        with pytest.raises(DataError, match="too large"):
            cursor.fetchone()


@pytest.mark.django_db
def test_rows_for_copy_keep_every_character():
    texts = ["plain", "tab\tline\nreturn\r", r"back\slash \N \. \t", "", " spaced ", None, "ü 漢 🙂 \x01\x7f"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copied (n integer, told text) ON COMMIT DROP")
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write("".join(copy_row((n, text)) for n, text in enumerate(texts)))
        cursor.execute("SELECT told FROM copied ORDER BY n")
        assert [text for (text,) in cursor] == texts


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


def test_behind_a_pooler_nothing_is_prepared_and_no_cursor_is_kept(settings):
    ours = settings.DATABASES["default"]
    assert (ours["OPTIONS"]["prepare_threshold"], ours["DISABLE_SERVER_SIDE_CURSORS"]) == (5, False)
    shown = "from config.settings import DATABASES as d; print(d['default']['OPTIONS']['prepare_threshold'], d['default']['DISABLE_SERVER_SIDE_CURSORS'])"
    environment = {**os.environ, "SLUICE_DATABASE_POOLED": "1"}
    said = subprocess.run([sys.executable, "-c", shown], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "None True"


OF_THE_SESSION = re.compile(
    r"pg_(try_)?advisory_(un)?lock(_shared|_all)?\b|\bset\s+(session\b|time\s+zone|role\b|(?!local\b|transaction\b|constraints\b|(?-i:[A-Z]+_[A-Z_]+))\w+\s*(=|\bto\b))"
    r"|set_config\([^()]*,\s*false\s*\)|\b(un)?listen\s+\w|\b(temp|temporary)\s+(table|view|sequence)|\bprepare\s+\w+\s+as\b|\bdeallocate\b"
    r"|\bdeclare\s+\w+\s+(\w+\s+)*cursor|\bwith\s+hold\b|\bdiscard\s+(all|plans|temp)|\bpg_temp\b|\bload\s+'",
    re.IGNORECASE,
)  # fmt: skip
ALLOWED = {"leads/lifecycle/claims.py", "leads/imports/checkpoint.py", "config/core/background/beat.py"}
"""They call `require_own_session` before."""


def of_the_session(text: str) -> bool:
    """Whether SQL in it outlasts its transaction. The columns of an UPDATE are no settings."""
    found = [match.group() for match in OF_THE_SESSION.finditer(text)]
    return any(not (one.lower().startswith("set") and re.search(r"\bupdate\b|\bdo\b", text, re.IGNORECASE)) for one in found)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_advisory_lock(%s)", "select pg_try_advisory_lock(1, 2)", "SELECT pg_advisory_lock_shared(1)", "SELECT pg_advisory_unlock_all()",
        "SET statement_timeout = '1s'", "set session lock_timeout to 5", "SET TIME ZONE 'UTC'", "SET ROLE reader", "SET search_path TO x",
        "SELECT set_config('lock_timeout', %s, false)", "LISTEN leads", "UNLISTEN leads", "CREATE TEMP TABLE x (y int)", "create temporary view x AS",
        "PREPARE q AS SELECT 1", "DEALLOCATE q", "DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT 1", "DISCARD ALL", "LOAD 'auto_explain'",
        "CREATE TABLE pg_temp.x ()", "SET\n  work_mem = '1GB'",
    ],
)  # fmt: skip
def test_what_outlasts_a_transaction_is_seen_in_any_spelling(sql):
    assert of_the_session(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_advisory_xact_lock(%s)", "SELECT pg_try_advisory_xact_lock(1)", "SELECT pg_advisory_xact_lock_shared(1)", "SET LOCAL x = 1",
        "SET TRANSACTION READ ONLY", "SET CONSTRAINTS ALL DEFERRED", "UPDATE t SET a = 1", "SELECT set_config('lock_timeout', %s, true)",
        "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", "the set is listened to", "prepared statements",
        "Stop it, or set SLUICE_STATE to another folder", "a template table",
    ],
)  # fmt: skip
def test_what_ends_with_its_transaction_is_not(sql):
    assert not of_the_session(sql)


def test_only_workers_imports_and_the_scheduler_hold_anything_of_a_session():
    """Migrations and commands connect directly."""
    found = {path for path, tree in trees().items() if "/migrations/" not in path and any(map(of_the_session, texts_in(tree)))}
    assert found == ALLOWED
    assert all("require_own_session(" in text_of(ROOT / path) for path in ALLOWED)


def texts_in(tree: ast.Module) -> Iterator[str]:
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_only_the_queues_of_letters_send_mail():
    """Whatever else sends one waits for a mail server that hangs. A batch is sent by a worker, within a time limit; requests are refused."""
    mail = re.compile(r"django\.core(\.| import )mail|smtplib|email_user\(")
    assert {path for path in trees() if mail.search(text_of(ROOT / path))} == {
        "config/core/accounts/password_mail.py", "config/core/notifications/mail.py", "config/core/notifications/local_mail.py",
        "config/settings.py", "batches/targets/email.py",
    }  # fmt: skip
