"""Make the keys of lists and of the value index anew, as the forms of telephone numbers, addresses and texts have changed.

The walks are those of `0014_forms_of_values_again`. Backwards the keys stay.
"""

from importlib import import_module

from django.db import migrations

from processr.lists.kinds import fold_value

again = import_module("processr.migrations.0014_forms_of_values_again")


def fold_lists(apps, schema_editor):
    values, *others = again.keys.TABLES
    again.keys.fold_lists(apps, schema_editor, [values._replace(fold=fold_value), *others])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("processr", "0015_refused_lines_of_value_imports"), ("leads", "0018_forms_of_values_without_needless_zeros")]
    operations = [
        migrations.RunPython(again.telephones.bring_to_normal_form, migrations.RunPython.noop),
        migrations.RunPython(fold_lists, migrations.RunPython.noop),
        migrations.RunPython(again.fold_value_index, migrations.RunPython.noop),
    ]
