"""The database's clock, the only one that several machines agree on."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return the present moment, not the beginning of the transaction: rows created in it must not look older than they are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
