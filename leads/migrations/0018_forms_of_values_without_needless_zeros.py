"""Make the columns that leads are found and compared by anew: telephone numbers without a 0 that nobody dials, texts in one width.

The walks are those of `0009_normal_forms_of_values` and `0016_tests_and_transformed_values_of_leads`. Backwards the columns stay.
"""

from importlib import import_module

from django.db import migrations, transaction

derive_again = import_module("leads.migrations.0009_normal_forms_of_values").derive_again
transformed = import_module("leads.migrations.0016_tests_and_transformed_values_of_leads")


def derive_transformed_again(_apps, schema_editor):
    connection, last = schema_editor.connection, 0
    with connection.cursor() as cursor:
        while True:
            first = last
            cursor.execute(transformed._LAST, [first, transformed.BATCH])
            (last,) = cursor.fetchone()
            if last is None:
                return
            with transaction.atomic(using=connection.alias):
                transformed._fill_compared(cursor, first, last)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0017_forms_of_values_again")]
    operations = [
        migrations.RunPython(derive_again, migrations.RunPython.noop),
        migrations.RunPython(derive_transformed_again, migrations.RunPython.noop),
    ]
