"""The checks behind /readyz."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config.core import extension_points
from config.core.accounts import password_mail
from config.core.background import broker, runs
from config.core.background.clock import database_now
from config.core.notifications import mail

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
    ages = {name: age.seconds for name, age in extension_points.due_ages.items()}
    for name, check in {"database": _database, "migrations": _migrations, **extension_points.readiness_checks, **ages}.items():
        if not _passes(checks, name, check, DatabaseError):
            return {"status": UNAVAILABLE, "checks": checks}
    broker_answers = _passes(checks, "broker", _broker, *broker.ERRORS)
    late = [name for name, age in extension_points.due_ages.items() if (checks[name] or 0) > getattr(settings, age.limit)]
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


def oldest_due_run_seconds() -> float | None:
    return _age_of_oldest(runs.waits_since(run_type) for run_type in runs.run_types if run_type.for_workers)


def oldest_due_letter_seconds() -> float | None:
    return _age_of_oldest((mail.waits_since(), password_mail.waits_since()))


def _age_of_oldest(moments: Iterable[datetime | None]) -> float | None:
    oldest = min(filter(None, moments), default=None)
    return None if oldest is None else round((database_now() - oldest).total_seconds(), 1)
