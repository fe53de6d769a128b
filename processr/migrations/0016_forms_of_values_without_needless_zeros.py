"""Make the keys of lists and of the value index anew: telephone numbers without a 0 that nobody dials, texts in one width.

The walks are those of `0014_forms_of_values_again`. Backwards the keys stay.
"""

from importlib import import_module

from django.db import migrations

again = import_module("processr.migrations.0014_forms_of_values_again")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("processr", "0015_refused_lines_of_value_imports"), ("leads", "0018_forms_of_values_without_needless_zeros")]
    operations = [
        migrations.RunPython(again.telephones.bring_to_normal_form, migrations.RunPython.noop),
        migrations.RunPython(again.keys.fold_lists, migrations.RunPython.noop),
        migrations.RunPython(again.fold_value_index, migrations.RunPython.noop),
    ]
