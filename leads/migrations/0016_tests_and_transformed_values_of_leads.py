"""Fill in for leads that were judged before whether they arrived as tests, and what jobs compare of their transformed values.

Leads are walked in batches by id, each in a transaction of its own with its leads locked in id order, as everywhere, and
only rows that change are written. Run again, it changes nothing. A test that was billed before keeps its price entries
until it moves again. Leads that the last release judges meanwhile follow when they are processed again.
"""

import json

from django.db import migrations, transaction

from leads.intake import normalize

BATCH = 10_000
FIELDS = ("email", "telephone", "country", "firstName", "lastName")

_LAST = "SELECT max(id) FROM (SELECT id FROM leads_lead WHERE id > %s ORDER BY id LIMIT %s) AS batch"
_TESTS = """
WITH tests AS MATERIALIZED (
    SELECT id FROM leads_lead WHERE id > %s AND id <= %s AND qa_status = 'test' AND NOT arrived_as_test ORDER BY id FOR NO KEY UPDATE
)
UPDATE leads_lead AS l SET arrived_as_test = true FROM tests WHERE l.id = tests.id
"""
_READ = """
SELECT id, captured, transformed, email, phone, name_key, transformed_email, transformed_phone, transformed_name_key FROM leads_lead
WHERE id > %s AND id <= %s AND transformed ?| %s ORDER BY id FOR NO KEY UPDATE
"""
_WRITE = """
UPDATE leads_lead AS l SET transformed_email = n.email, transformed_phone = n.phone, transformed_name_key = n.name_key
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS n (id, email, phone, name_key) WHERE l.id = n.id
"""


def fill(_apps, schema_editor):
    walk(schema_editor, _fill_batch)


def walk(schema_editor, change):
    """Call `change` for the leads in batches, each in a transaction of its own."""
    connection, last = schema_editor.connection, 0
    with connection.cursor() as cursor:
        while True:
            first = last
            cursor.execute(_LAST, [first, BATCH])
            (last,) = cursor.fetchone()
            if last is None:
                return
            with transaction.atomic(using=connection.alias):
                change(cursor, first, last)


def _fill_batch(cursor, first, last):
    cursor.execute(_TESTS, [first, last])
    fill_compared(cursor, first, last)


def fill_compared(cursor, first, last):
    cursor.execute(_READ, [first, last, list(FIELDS)])
    rows = [
        (pk, _compared(captured, transformed, stored[:3]), tuple(stored[3:])) for pk, captured, transformed, *stored in cursor.fetchall()
    ]
    changed = [(pk, *new) for pk, new, old in rows if new != old]
    if changed:
        cursor.execute(_WRITE, [list(column) for column in zip(*changed, strict=True)])


def _compared(captured, transformed, stored):
    """Return what is compared in place of each stored form, None where it is the same."""
    values = {**_object(captured), **_object(transformed)}
    derived = normalize.derive({name: value for name, value in values.items() if isinstance(value, str)})
    return tuple(new if new != old else None for new, old in zip(derived, stored, strict=True))


def _object(document):
    return json.loads(document) if isinstance(document, str) else document


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0015_indexes_of_transformed_values")]
    # Backwards the columns go with what is in them.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
