"""Make the table of words by which leads are searched ready to be written. It is empty until `0020_words_of_earlier_leads`."""

import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s'"


class Migration(migrations.Migration):
    dependencies = [("leads", "0018_forms_of_values_without_needless_zeros")]

    operations = [
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),  # to drop the reference locks the leads for a moment
        # Leads are never deleted from their table, and the check would cost each new lead a look-up.
        migrations.AlterField(
            "leadsearch",
            "lead",
            models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="search",
                serialize=False,
                to="leads.lead",
            ),
        ),
        migrations.RemoveIndex("leadsearch", "lead_search_tsv"),
        migrations.AddIndex("leadsearch", GinIndex(fastupdate=False, fields=["tsv"], name="lead_search_words")),
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
    ]
