"""Make the keys of addresses and domains in the value index anew: `xn--` and Unicode have one form. Backwards the keys stay."""

from importlib import import_module

from django.db import migrations

keys = import_module("processr.migrations.0007_keys_of_texts_and_emails")

CHANGED = f"strpos(lower(COALESCE(transformed ->> %(name)s, captured ->> %(name)s, enriched ->> %(name)s)), 'xn--') > 0 OR {keys.VALUES_BESIDE_ASCII}"


def fold_value_index(_apps, schema_editor):
    keys.fold_values(schema_editor.connection, CHANGED)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("processr", "0016_forms_of_values_without_needless_zeros")]
    operations = [migrations.RunPython(fold_value_index, migrations.RunPython.noop)]
