"""The age of the oldest due delivery, for monitoring."""

from django.db import connection

from integrations.base import types_sent_singly
from integrations.delivery.claims import OLDEST_DUE


def oldest_due_seconds() -> float | None:
    """Return for how long the oldest delivery is due that a worker should have taken; None if there is none.

    Deliveries of integrations that are disabled, or paused with their campaign, wait for people and do not count.
    """
    with connection.cursor() as cursor:
        cursor.execute(OLDEST_DUE, {"types": types_sent_singly()})
        seconds = cursor.fetchone()[0]
    return None if seconds is None else round(float(seconds), 1)
