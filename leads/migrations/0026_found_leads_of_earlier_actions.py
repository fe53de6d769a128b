"""Group the leads of earlier chunks by what was found of them. The revision that an action left is always that which it found and one."""

from django.db import migrations

_GROUP = """
UPDATE leads_bulkchunk SET found = (
    SELECT jsonb_agg(jsonb_build_array(record, ids) ORDER BY ids) FROM (
        SELECT record, jsonb_agg(id::bigint ORDER BY id::bigint) AS ids FROM jsonb_each(before) AS moved (id, record) GROUP BY record
    ) AS alike
)
WHERE before <> '{}'
"""


def group_found_leads(_apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_GROUP)


class Migration(migrations.Migration):
    dependencies = [("leads", "0025_groups_of_found_leads")]

    operations = [migrations.RunPython(group_found_leads, migrations.RunPython.noop)]
