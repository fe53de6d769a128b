"""The id of the request that brought a lead. The default is one of the catalogue: no row is rewritten."""

from django.db import migrations, models

# A lead is never waited for longer than this: everything that reads leads would queue behind the migration.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s'"


class Migration(migrations.Migration):
    dependencies = [("leads", "0012_index_of_row_digests")]

    operations = [
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
        migrations.AddField(
            model_name="lead",
            name="request_id",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Of the request that brought the lead, as in the logs.", max_length=64
            ),
        ),
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
    ]
