"""Integrity checks of batches against deliveries and leads."""

from django.db import connection

SHOW_AT_MOST = 20

# Leads of an ended batch that are not marked yet are work that is left, and no fault.
_LOST = """
SELECT d.id, d.lead_id FROM integrations_delivery AS d WHERE d.state = 'in_file' AND NOT EXISTS (
    SELECT FROM batches_sentlead AS s JOIN batches_sentbatch AS b ON b.id = s.batch_id
    WHERE s.delivery_id = d.id AND (b.phase IN ('collecting', 'ready', 'sending', 'needs_person') OR b.marked_at IS NULL)
) LIMIT %s
"""
_TWICE = """
SELECT s.delivery_id, count(*) FROM batches_sentlead AS s JOIN batches_sentbatch AS b ON b.id = s.batch_id
WHERE s.delivery_id IS NOT NULL AND b.phase NOT IN ('given_up', 'empty') GROUP BY s.delivery_id HAVING count(*) > 1 LIMIT %s
"""
_ROWS = """
SELECT b.id, b.lead_count, (SELECT count(*) FROM batches_sentlead AS s WHERE s.batch_id = b.id) FROM batches_sentbatch AS b
WHERE b.phase IN ('ready', 'sending', 'sent', 'needs_person')
AND b.lead_count <> (SELECT count(*) FROM batches_sentlead AS s WHERE s.batch_id = b.id) LIMIT %s
"""
_UNMARKED = """
SELECT b.id, d.id FROM batches_sentbatch AS b JOIN batches_sentlead AS s ON s.batch_id = b.id
JOIN integrations_delivery AS d ON d.id = s.delivery_id
WHERE b.phase = 'sent' AND b.marked_at IS NOT NULL AND d.state = 'in_file' LIMIT %s
"""


def batches() -> list[str]:
    """Check batches: no delivery is lost in a file or in two of them, and each file has the leads that it says."""
    problems = [f"delivery {pk} of lead {lead} is in a file, but in no open one" for pk, lead in _rows(_LOST)]
    problems += [f"delivery {pk} is in {n} files" for pk, n in _rows(_TWICE)]
    problems += [f"batch {pk} says {said} leads, and has {has}" for pk, said, has in _rows(_ROWS)]
    problems += [f"batch {pk} is marked, but its delivery {delivery} is not" for pk, delivery in _rows(_UNMARKED)]
    return problems


def _rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [SHOW_AT_MOST])
        return list(cursor)
