"""Bring the columns that leads are found and compared by to their present form, such as E.164 for telephone numbers.

Leads are walked in batches by id, each in a transaction of its own with its leads locked in id order, as everywhere, and
only rows that change are written. Run again, it changes nothing. Backwards the columns stay: programs of the last version
find these leads by their new form only, until the lead is edited.
"""

import json

from django.db import migrations, transaction

from leads.intake import normalize

BATCH = 10_000

_READ = "SELECT id, captured, email, phone, name_key FROM leads_lead WHERE id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE"
_WRITE = """
UPDATE leads_lead AS l SET email = n.email, phone = n.phone, name_key = n.name_key
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS n (id, email, phone, name_key) WHERE l.id = n.id
"""


def derive_again(_apps, schema_editor):
    connection, last = schema_editor.connection, 0
    while last is not None:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            last = _derive_batch(cursor, last)


def _derive_batch(cursor, after):
    """Return the id of the last lead of the batch, None where there is none."""
    cursor.execute(_READ, [after, BATCH])
    leads = cursor.fetchall()
    changed = [(pk, *new) for pk, captured, *old in leads if (new := _derived(captured)) != tuple(old)]
    if changed:
        cursor.execute(_WRITE, [list(column) for column in zip(*changed, strict=True)])
    return leads[-1][0] if leads else None


def _derived(captured):
    values = json.loads(captured) if isinstance(captured, str) else captured
    return tuple(normalize.derive({name: value for name, value in values.items() if isinstance(value, str)}))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0008_rows_and_dates_of_imports")]
    operations = [migrations.RunPython(derive_again, migrations.RunPython.noop)]
