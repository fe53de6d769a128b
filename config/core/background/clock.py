"""The one clock several machines agree on."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """This very moment, not the transaction's beginning: what came into being within it must not look older than it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
