"""Add the present flag's reason, category, comment, person and time to the lead."""

from django.db import migrations, models

# A lead is never waited for longer than this: everything that reads leads would queue behind the migration.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s'"


class Migration(migrations.Migration):
    dependencies = [("leads", "0003_drafts_and_positions_of_runs")]

    operations = [
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
        migrations.AddField("lead", "flag_reason", models.CharField(blank=True, db_default="", default="", max_length=255)),
        migrations.AddField("lead", "flag_category", models.CharField(blank=True, db_default="", default="", max_length=120)),
        migrations.AddField("lead", "flag_comment", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField(
            "lead",
            "flagged_by",
            models.CharField(blank=True, db_default="", default="", help_text="The name at that time.", max_length=150),
        ),
        migrations.AddField("lead", "flagged_at", models.DateTimeField(null=True)),
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
    ]
