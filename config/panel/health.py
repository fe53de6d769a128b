"""What /readyz looks at."""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config.panel import broker, points

_applied = False
"""Once true it stays so: new migrations come with new code, and so with a new process."""


def report() -> tuple[dict[str, Any], bool, bool]:
    """The checks, whether leads can be taken, and whether all is well: without the broker leads are taken and wait for the sweep."""
    checks: dict[str, Any] = {}
    for name, check in {"database": _database, "migrations": _migrations, **points.readiness_checks}.items():
        if not _note(checks, name, check):
            return checks, False, False
    return checks, True, _note(checks, "broker", _broker, broker.ERRORS)


def _note(checks: dict[str, Any], name: str, check: Callable[[], Any], fails: tuple[type[Exception], ...] = (DatabaseError,)) -> bool:
    """An exception means not ready; of it only the kind is told, its text may name hosts and accounts."""
    try:
        checks[name] = check()
    except (NotReady, *fails) as error:
        checks[name] = str(error) if isinstance(error, NotReady) else type(error).__name__
        return False
    return True


class NotReady(Exception):
    """Said by a check in words fit for everybody."""


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    global _applied  # noqa: PLW0603
    if not _applied:
        executor = MigrationExecutor(connection)
        if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise NotReady(f"{len(waiting)} to apply")
        _applied = True
    return "applied"


def _broker() -> str:
    with broker.line() as line:
        line.default_channel.client.ping()
    return "ok"
