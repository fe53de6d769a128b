"""PostgreSQL as Django knows it, with two savings for what every lead goes through."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Asked before every request. A line lost in the middle of a query is known to be lost; one that the server has closed
        since shows it without a round trip; whatever else it may have said unasked is a reason to ask.
        """
        line = self.connection
        return line is not None and not line.closed and (not _has_something_to_read(line) or super().is_usable())

    def prepared_cursor(self) -> CursorWrapper:
        """For the few statements that are always the same: parsed and planned once a connection, not once a lead."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(_PreparedCursor(self.connection))


class _PreparedCursor(psycopg.Cursor):
    def execute(self, query: Any, params: Any = None, **_: Any) -> "_PreparedCursor":
        return super().execute(query, params, prepare=True)


def _has_something_to_read(line: psycopg.Connection) -> bool:
    look = select.poll()
    look.register(line.fileno(), select.POLLIN)
    return bool(look.poll(0))
