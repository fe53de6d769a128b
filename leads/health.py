"""The age of the oldest waiting lead, for monitoring."""

from django.db import connection

# OFFSET 0 keeps the planner from walking the index over all leads' dates in search of a waiting one.
_OLDEST = """
SELECT extract(epoch FROM now() - min(created_at)) FROM (
    SELECT created_at FROM leads_lead WHERE processr_status = 'waiting' AND deleted_at IS NULL OFFSET 0
) AS waiting
"""


def oldest_waiting_seconds() -> float | None:
    """Return the age of the oldest waiting lead; None when no lead is waiting."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        seconds = cursor.fetchone()[0]
    return None if seconds is None else round(float(seconds), 1)
