"""What /readyz looks at."""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config.core import extension_points
from config.core.background import broker

OK, DEGRADED, UNAVAILABLE = "ok", "degraded", "unavailable"

_applied = False
"""Once true it stays so: new migrations come with new code, and so with a new process."""


class NotReady(Exception):
    """Said by a check, in words fit for everybody."""


def report() -> dict[str, Any]:
    """Unavailable when leads cannot be taken. Without the broker they can, and wait for the sweep: that is degraded."""
    checks: dict[str, Any] = {}
    for name, check in {"database": _database, "migrations": _migrations, **extension_points.readiness_checks}.items():
        if not _passes(checks, name, check, DatabaseError):
            return {"status": UNAVAILABLE, "checks": checks}
    heard = _passes(checks, "broker", _broker, *broker.ERRORS)
    return {"status": OK if heard else DEGRADED, "checks": checks}


def _passes(checks: dict[str, Any], name: str, check: Callable[[], Any], *fails: type[Exception]) -> bool:
    """Of an exception only the kind is told: its text may name hosts and accounts."""
    try:
        checks[name] = check()
    except NotReady as refusal:
        checks[name] = str(refusal)
        return False
    except fails as error:
        checks[name] = type(error).__name__
        return False
    return True


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    global _applied  # noqa: PLW0603  (see above)
    if not _applied:
        executor = MigrationExecutor(connection)
        if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise NotReady(f"{len(waiting)} to apply")
        _applied = True
    return "applied"


def _broker() -> str:
    with broker.line() as line:
        line.connect()  # the Redis transport asks for an answer when it connects
    return "ok"
