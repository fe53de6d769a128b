"""The revision with which captured values changed last, and notes that people add. No row is rewritten."""

from django.db import migrations, models

# A lead is never waited for longer than this: everything that reads leads would queue behind the migration.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s'"


class Migration(migrations.Migration):
    dependencies = [("leads", "0027_remove_leads_one_by_one")]

    operations = [
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
        migrations.AddField(
            model_name="lead",
            name="captured_revision",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="The revision with which captured values changed last; 0 while they are as they came.",
            ),
        ),
        migrations.AlterField(
            model_name="leadnote",
            name="kind",
            field=models.CharField(
                choices=[
                    ("status", "Status"),
                    ("delivery", "Delivery"),
                    ("contract", "Contract"),
                    ("data", "Data"),
                    ("metadata", "Metadata"),
                    ("feedback", "Feedback"),
                    ("comment", "Comment"),
                ],
                max_length=8,
            ),
        ),
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
    ]
