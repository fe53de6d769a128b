"""Make the columns that leads are found and compared by anew, as the forms of telephone numbers, addresses and texts have changed.

So are the digests of imported rows, by which `--again` knows them: what was captured is never changed. The walks are those of
`0009_normal_forms_of_values`, `0011_digests_from_imports` and `0016_tests_and_transformed_values_of_leads`. Backwards the columns stay.
"""

from importlib import import_module

from django.db import migrations

derive_again = import_module("leads.migrations.0009_normal_forms_of_values").derive_again
digests = import_module("leads.migrations.0011_digests_from_imports")
transformed = import_module("leads.migrations.0016_tests_and_transformed_values_of_leads")


def derive_transformed_again(_apps, schema_editor):
    transformed.walk(schema_editor, transformed.fill_compared)


def digest_again(apps, schema_editor):
    digests.fill(apps, schema_editor, digests._LEADS.replace("row_digest IS NULL", "row_digest IS NOT NULL"))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0017_forms_of_values_again")]
    operations = [
        migrations.RunPython(derive_again, migrations.RunPython.noop),
        migrations.RunPython(derive_transformed_again, migrations.RunPython.noop),
        migrations.RunPython(digest_again, migrations.RunPython.noop),
    ]
