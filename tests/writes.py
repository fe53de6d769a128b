"""Recording of the SQL statements that change rows, for tests of requests that may only read."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

WRITES = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM|WITH .*?\b(INSERT INTO|UPDATE|DELETE FROM)) (?!"core_usersession")', re.DOTALL)


@contextmanager
def recorded_writes() -> Iterator[list[str]]:
    """Yield a list that receives the beginning of every statement that changes rows of any table but that of the sessions."""
    found: list[str] = []

    def record(execute: Callable[..., Any], sql: Any, *args: Any) -> Any:
        if WRITES.match(str(sql).lstrip()):
            found.append(str(sql)[:200])
        return execute(sql, *args)

    with connection.execute_wrapper(record):
        yield found
