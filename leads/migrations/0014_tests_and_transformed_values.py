"""Add to the lead whether it arrived as a test, and what jobs compare in place of its captured e-mail, telephone and name."""

from django.db import migrations, models

# A lead is never waited for longer than this: everything that reads leads would queue behind the migration.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s'"


class Migration(migrations.Migration):
    dependencies = [("leads", "0013_request_of_leads")]

    operations = [
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
        migrations.AddField(
            "lead",
            "arrived_as_test",
            models.BooleanField(db_default=False, default=False, help_text="Never billable, whatever becomes of it."),
        ),
        migrations.AddField("lead", "transformed_email", models.CharField(db_collation="C", max_length=320, null=True)),
        migrations.AddField("lead", "transformed_phone", models.CharField(db_collation="C", max_length=40, null=True)),
        migrations.AddField("lead", "transformed_name_key", models.CharField(db_collation="C", max_length=200, null=True)),
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
    ]
