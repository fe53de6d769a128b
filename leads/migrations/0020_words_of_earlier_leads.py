"""Write the words by which leads are searched that came before there were any.

Leads are walked in batches by id, each in a transaction of its own with its leads locked in id order, as everywhere. Leads
that have words are passed over, so that a walk that was stopped goes on quickly where it was. Backwards the words stay.
"""

from importlib import import_module

from django.db import migrations

from leads.intake import search_index

walk = import_module("leads.migrations.0016_tests_and_transformed_values_of_leads").walk


def write_words(_apps, schema_editor):
    walk(schema_editor, lambda _cursor, first, last: search_index.write_missing(first, last))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0019_words_of_leads")]
    operations = [migrations.RunPython(write_words, migrations.RunPython.noop)]
