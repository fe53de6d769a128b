"""Fill the flag of flagged leads from their notes. The category is in no note.

Leads are walked in batches by id, each in a transaction of its own with its leads locked in id order, as everywhere. A
migration that was broken off begins anew and leaves out what it filled.
"""

from django.db import migrations, transaction

BATCH = 10_000

_LAST = "SELECT max(id) FROM (SELECT id FROM leads_lead WHERE id > %s ORDER BY id LIMIT %s) AS batch"
_FILL = """
WITH flagged AS MATERIALIZED (
    SELECT id FROM leads_lead WHERE id > %s AND id <= %s AND second_check <> '' AND flagged_at IS NULL ORDER BY id FOR NO KEY UPDATE
)
UPDATE leads_lead AS l SET flag_reason = note.reason, flag_comment = note.comment, flagged_by = note.actor_name, flagged_at = note.at
FROM flagged CROSS JOIN LATERAL (
    SELECT reason, comment, actor_name, at FROM leads_leadnote
    WHERE lead_id = flagged.id AND kind = 'status' AND changes @> '[["second_check"]]' ORDER BY id DESC LIMIT 1
) AS note WHERE l.id = flagged.id
"""


def fill(_apps, schema_editor):
    connection, last = schema_editor.connection, 0
    with connection.cursor() as cursor:
        while True:
            first = last
            cursor.execute(_LAST, [first, BATCH])
            (last,) = cursor.fetchone()
            if last is None:
                return
            with transaction.atomic(using=connection.alias):
                cursor.execute(_FILL, [first, last])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0004_flag_on_leads")]
    # Backwards the columns go with what is in them.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
