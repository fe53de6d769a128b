"""The one clock several machines agree on."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The transaction's time, as PostgreSQL's now() gives it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
    return now
