"""Bring the telephone numbers of lists and of the value index to the form in which they are compared.

Rows are walked in batches by id, each in a transaction of its own. Run again, it changes nothing but that indexed fields
are filled once more. Backwards nothing is done: entries that became one stay one. What an earlier version did not store
cannot come back either: a plus after a bracket, or where an extension began.
"""

from django.db import migrations, transaction

from config.core.background import locks
from leads.values import telephones
from processr.duplicates.value_index import holds_telephones
from processr.lists.kinds import telephone_of

BATCH = 10_000

_SUPPRESSED = "SELECT id, phone FROM processr_suppressedphone WHERE id > %s ORDER BY id LIMIT %s FOR UPDATE"
# Of the entries that become one, the first stays, unless there is such an entry already.
_RENAME = """
WITH changed AS MATERIALIZED (SELECT * FROM unnest(%s::bigint[], %s::text[]) AS c (id, phone)),
kept AS MATERIALIZED (
    SELECT min(id) AS id, phone FROM changed
    WHERE NOT EXISTS (SELECT FROM processr_suppressedphone AS s WHERE s.phone = changed.phone) GROUP BY phone
),
gone AS (DELETE FROM processr_suppressedphone WHERE id IN (SELECT id FROM changed) AND id NOT IN (SELECT id FROM kept))
UPDATE processr_suppressedphone AS s SET phone = kept.phone FROM kept WHERE s.id = kept.id
"""
_VALUES = "SELECT id, value, telephone FROM processr_validationlistvalue WHERE id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE"
_SET = """
UPDATE processr_validationlistvalue AS v SET telephone = n.telephone
FROM unnest(%s::bigint[], %s::text[]) AS n (id, telephone) WHERE v.id = n.id
"""
_DELETE_KEYS = "DELETE FROM processr_fieldvalue WHERE id IN (SELECT id FROM processr_fieldvalue WHERE field_id = %s LIMIT %s)"
_FILL_AGAIN = "UPDATE processr_indexedfield SET ready_at = NULL, filled_to = 0, seen_xid = NULL WHERE id = ANY(%s)"


def walk(connection, write_batch):
    last = 0
    while last is not None:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            last = write_batch(cursor, last)


def rename_suppressed(cursor, after):
    """Return the id of the last row of the batch, None where there is none."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.SUPPRESSION_LISTS["phone"]])
    cursor.execute(_SUPPRESSED, [after, BATCH])
    rows = cursor.fetchall()
    changed = [(pk, key) for pk, phone in rows if (key := telephones.key(phone)) not in ("", phone)]
    if changed:
        cursor.execute(_RENAME, [list(column) for column in zip(*changed, strict=True)])
    return rows[-1][0] if rows else None


def set_telephones(cursor, after):
    """Return the id of the last row of the batch, None where there is none."""
    cursor.execute(_VALUES, [after, BATCH])
    rows = cursor.fetchall()
    changed = [(pk, number) for pk, value, telephone in rows if (number := telephone_of(value)) != telephone]
    if changed:
        cursor.execute(_SET, [list(column) for column in zip(*changed, strict=True)])
    return rows[-1][0] if rows else None


def fill_index_again(connection):
    """Let the periodic task fill in the fields for telephones anew. Until then leads are compared without the index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM processr_indexedfield")
        fields = [pk for pk, name in cursor.fetchall() if holds_telephones(name)]
        cursor.execute(_FILL_AGAIN, [fields])
        for field in fields:
            cursor.execute(_DELETE_KEYS, [field, BATCH])
            while cursor.rowcount:
                cursor.execute(_DELETE_KEYS, [field, BATCH])
        cursor.execute(_FILL_AGAIN, [fields])


def bring_to_normal_form(_apps, schema_editor):
    walk(schema_editor.connection, rename_suppressed)
    walk(schema_editor.connection, set_telephones)
    fill_index_again(schema_editor.connection)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("processr", "0005_index_of_list_telephones")]
    operations = [migrations.RunPython(bring_to_normal_form, migrations.RunPython.noop)]
