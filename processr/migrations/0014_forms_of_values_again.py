"""Make the keys of lists and of the value index anew, as the forms of telephone numbers and texts have changed.

The walks are those of the migrations that made the forms before. In the value index, values in ASCII have the keys they had, but for
those with a backtick. Backwards the keys stay.
"""

from importlib import import_module

from django.db import migrations

telephones = import_module("processr.migrations.0006_normal_forms_of_telephones")
keys = import_module("processr.migrations.0007_keys_of_texts_and_emails")

CHANGED = keys.VALUES_BESIDE_ASCII + " OR strpos(COALESCE(transformed ->> %(name)s, captured ->> %(name)s, enriched ->> %(name)s), '`') > 0"


def fold_value_index(_apps, schema_editor):
    keys.fold_values(schema_editor.connection, CHANGED)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("processr", "0013_tallies_of_last_runs"), ("leads", "0017_forms_of_values_again")]
    operations = [
        migrations.RunPython(telephones.bring_to_normal_form, migrations.RunPython.noop),
        migrations.RunPython(keys.fold_lists, migrations.RunPython.noop),
        migrations.RunPython(fold_value_index, migrations.RunPython.noop),
    ]
