"""Make the columns that leads are found and compared by anew, as the forms of telephone numbers and texts have changed.

The walk is that of `0009_normal_forms_of_values`. Backwards the columns stay.
"""

from importlib import import_module

from django.db import migrations

derive_again = import_module("leads.migrations.0009_normal_forms_of_values").derive_again


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0016_tests_and_transformed_values_of_leads")]
    operations = [migrations.RunPython(derive_again, migrations.RunPython.noop)]
