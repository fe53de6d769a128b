"""Withdrawing messages that nobody wants to have sent any more."""

from django.db import connection

AT_MOST = 10_000
"""The most messages of a call, which takes a fraction of a second for them."""


def withdraw_messages(destination_id: int, *, reason: str, at_most: int = AT_MOST) -> int:
    """Withdraw messages to a destination that wait or need a person, and return their number. What is being sent ends as usual."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, {"destination": destination_id, "reason": reason, "limit": at_most})
        return int(cursor.rowcount)


# Locked in id order, as everywhere.
_WITHDRAW = """
WITH chosen AS MATERIALIZED (
    (SELECT id FROM integrations_message WHERE destination_id = %(destination)s AND state = 'queued'
     ORDER BY not_before, id LIMIT %(limit)s)
    UNION ALL
    (SELECT id FROM integrations_message WHERE destination_id = %(destination)s AND state = 'needs_person' ORDER BY id LIMIT %(limit)s)
    LIMIT %(limit)s
), mine AS MATERIALIZED (
    SELECT m.id FROM integrations_message AS m JOIN chosen ON chosen.id = m.id
    WHERE m.state IN ('queued', 'needs_person') ORDER BY m.id FOR NO KEY UPDATE OF m
)
UPDATE integrations_message AS m SET state = 'withdrawn', answer = %(reason)s FROM mine WHERE m.id = mine.id
"""
