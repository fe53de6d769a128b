"""Recording of writes, for tests of requests that may only read."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

WRITES = re.compile(
    r"""
    (?: \s | -- [^\n]* \n | /\* .*? \*/ | \( )*
    (?: explain \b .*? )?
    (?:
        insert \s+ into | update | delete \s+ from | merge \s+ into | truncate (?: \s+ table )?
        | copy (?= \s+ (?: "[^"]*" | [\w.] )+ \s* (?: \( [^)]* \) \s* )? \s* from \b)
        | with \b .*? \b (?: insert \s+ into | (?<! for \s ) (?<! key \s ) update | delete \s+ from | merge \s+ into )
    )
    \s+ (?: only \s+ )? (?! "?core_usersession"? )
    """,
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
CHANGED = """
    SELECT relid::regclass::text, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE relname <> 'core_usersession' AND n_tup_ins + n_tup_upd + n_tup_del > 0
"""
# By the whole name: tables of several schemas can share the short one.


@contextmanager
def recorded_writes() -> Iterator[list[str]]:
    """Yield a list that receives the beginning of every statement that changes rows of any table but that of the sessions.

    At the end come the tables whose rows were changed otherwise: by a function that a SELECT calls, say, or by COPY. PostgreSQL counts them
    for the transaction of the test, so a test without one has the statements alone.
    """
    found: list[str] = []

    def record(execute: Callable[..., Any], sql: Any, *args: Any) -> Any:
        if WRITES.match(str(sql)):
            found.append(str(sql).strip()[:200])
        return execute(sql, *args)

    before = _changed_rows()
    with connection.execute_wrapper(record):
        yield found
    if not found:
        found += [f"rows of {table}" for table, rows in _changed_rows().items() if rows != before.get(table, 0)]


def _changed_rows() -> dict[str, int]:
    if not connection.in_atomic_block or connection.needs_rollback:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(CHANGED)
        return dict(cursor.fetchall())
