"""The checks behind /readyz."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config.core import extension_points
from config.core.background import broker

OK, DEGRADED, UNAVAILABLE = "ok", "degraded", "unavailable"

_applied = False
"""It stays True: new migrations come with new code, and so with a new process."""


class NotReady(Exception):
    """Raised by a check, with a message that anyone may read."""


def report() -> dict[str, Any]:
    """Return the status and the result of each check.

    Unavailable means that leads cannot be taken. Without the broker they can, and wait for the periodic sweep: that is
    degraded. So is work that is due for longer than its limit, which `late` names: its workers are missing.
    """
    checks: dict[str, Any] = {}
    ages = {name: source.oldest for name, source in extension_points.queue_sources.items()}
    for name, check in {"database": _database, "migrations": _migrations, **extension_points.readiness_checks, **ages}.items():
        if not _passes(checks, name, check, DatabaseError):
            return {"status": UNAVAILABLE, "checks": checks}
    broker_answers = _passes(checks, "broker", _broker, *broker.ERRORS)
    late = [name for name, source in extension_points.queue_sources.items() if (checks[name] or 0) > getattr(settings, source.limit)]
    status = OK if broker_answers and not late else DEGRADED
    return {"status": status, "checks": checks, **({"late": late} if late else {})}


def _passes(checks: dict[str, Any], name: str, check: Callable[[], Any], *fails: type[Exception]) -> bool:
    """Run a check and store its result. For an exception only its type is stored: its text may name hosts and accounts."""
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
    global _applied  # noqa: PLW0603  (set once per process)
    if not _applied:
        executor = MigrationExecutor(connection)
        if pending := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise NotReady(f"{len(pending)} to apply")
        _applied = True
    return "applied"


def _broker() -> str:
    with broker.new_connection() as broker_connection:
        broker_connection.connect()  # the Redis transport sends a command when it connects
    return "ok"
