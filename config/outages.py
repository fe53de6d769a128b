"""Recognising what is broken around the product: a database that is away, a disk that is full."""

import errno
from collections.abc import Iterator

import psycopg
from django.db.utils import DatabaseError, InterfaceError, OperationalError

DISK_FULL = "53100"
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_CONNECTION_STATES = ("08", "57P")
"""The beginnings of the SQLSTATEs under which a server ends or refuses a connection."""


def is_disk_full(error: BaseException | None) -> bool:
    """Return whether a file or the database could not be written for want of room."""
    return any(
        (isinstance(cause, OSError) and cause.errno in _NO_SPACE) or getattr(cause, "sqlstate", None) == DISK_FULL
        for cause in _causes(error)
    )


def is_database_lost(error: BaseException | None) -> bool:
    """Return whether the connection to the database is missing, as opposed to a statement that the database has refused."""
    return any(_is_lost(cause) for cause in _causes(error))


def short_reason(error: BaseException) -> str:
    """Return the first line of what the database or its driver says, for a sentence."""
    return str(error).strip().partition("\n")[0].rstrip(".")


def _is_lost(error: BaseException) -> bool:
    if isinstance(error, InterfaceError | psycopg.InterfaceError):
        return True
    if isinstance(error, DatabaseError) and error.__cause__ is not None:
        return False  # the cause is asked instead: it knows the SQLSTATE
    if not isinstance(error, OperationalError | psycopg.OperationalError):
        return False
    state = getattr(error, "sqlstate", None)
    return state is None or state.startswith(_CONNECTION_STATES)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the exception and those that caused it, first to last."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__
