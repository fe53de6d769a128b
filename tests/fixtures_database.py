"""The tests' database: migrated once for all processes of a run, and emptied by deleting rows."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

ROOT = Path(__file__).resolve().parent.parent
WHAT_MIGRATES = ("config", "campaigns", "leads", "processr", "integrations", "requirements.lock")
CREATION_LOCK = 7_301_152_004

KEEP = """
DO $$
DECLARE name text; filled boolean;
BEGIN
    CREATE SCHEMA kept;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name);
        END IF;
    END LOOP;
END $$
"""
"""The rows that the migrations put in, for `RESTORE`."""

RESTORE = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations' LOOP
        EXECUTE format('DELETE FROM public.%I', name);
    END LOOP;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
        EXECUTE format('INSERT INTO public.%I TABLE kept.%I', name, name);
    END LOOP;
END $$
"""
"""As a replica, a superuser is asked neither by foreign keys nor by the guards of insert-only tables."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgresql", type=int, metavar="MAJOR", help="fail unless the server is of this version")


@pytest.fixture(scope="session")
def django_db_setup(
    pytestconfig: pytest.Config, django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Replace pytest-django's fixture, which runs all migrations in each process, for ten seconds each."""
    name, patch = connection.settings_dict["TEST"]["NAME"], pytest.MonkeyPatch()
    with django_db_blocker.unblock():
        _create(name)
        wanted = pytestconfig.getoption("--postgresql")
        assert wanted in (None, connection.pg_version // 10000), f"PostgreSQL {wanted} is wanted, not {connection.pg_version}"
        _drop_tables_of_apps_that_are_taken_out()
        with connection.cursor() as cursor:
            cursor.execute(KEEP)
    # Django's flush truncates every table and makes permissions and content types anew: a second, where this takes 20 ms.
    patch.setattr(TransactionTestCase, "_fixture_teardown", restore)
    yield
    patch.undo()
    with django_db_blocker.unblock():
        connection.close()
        with connection.creation._nodb_cursor() as cursor:
            _drop(cursor, name)


@pytest.fixture
def database_of_its_own(transactional_db: None) -> Iterator[None]:
    """The tests' database once more, for a test that changes tables."""
    name = connection.settings_dict["NAME"]
    connection.close()
    _create(f"{name}_own")
    yield
    connection.close()
    with connection.creation._nodb_cursor() as cursor:
        _drop(cursor, f"{name}_own")
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()


def restore(_: object = None) -> None:
    """Restore every table as the migrations left it."""
    with connection.cursor() as cursor:
        cursor.execute(RESTORE)


def _create(name: str) -> None:
    template = f"test_sluice_{_digest()}"
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [CREATION_LOCK])  # until the cursor's connection is closed
        if template not in _databases(cursor):
            _make(cursor, template)
        _drop(cursor, name)
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    connection.settings_dict["NAME"] = name


def _make(cursor: CursorWrapper, template: str) -> None:
    """Make the template. It gets its name when it is complete, so that an interrupted one is never used."""
    for old in _databases(cursor):
        if old.startswith("test_sluice_") and len(old) == len(template):
            _drop(cursor, old)
    connection.settings_dict["TEST"]["NAME"] = draft = f"{template}_draft"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    cursor.execute(f"ALTER DATABASE {draft} RENAME TO {template}")


def _digest() -> str:
    """Return a digest of the product, as its migrations call its code."""
    digest = hashlib.sha256()
    for path in (ROOT / part for part in WHAT_MIGRATES):
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _databases(cursor: CursorWrapper) -> list[str]:
    cursor.execute("SELECT datname FROM pg_database")
    return [name for (name,) in cursor.fetchall()]


def _drop(cursor: CursorWrapper, name: str) -> None:
    cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _drop_tables_of_apps_that_are_taken_out() -> None:
    """`tests.without_upper_apps` finds the database that its own migrations would have made."""
    tables = connection.introspection
    strangers = set(tables.table_names()) - {*tables.django_table_names(), "django_migrations"}
    if strangers:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {', '.join(sorted(strangers))} CASCADE")
