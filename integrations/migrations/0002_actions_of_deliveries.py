"""Let a delivery name the bulk action that moved it and its state before, so that the action can be undone."""

from django.db import migrations, models

# Senders wait for the table no longer than this.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s'"


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_first_tables")]

    operations = [
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
        migrations.AddField(
            "delivery",
            "action_id",
            models.BigIntegerField(help_text="The last bulk action that queued it, withdrew it or took it back.", null=True),
        ),
        migrations.AddField(
            "delivery",
            "withdrawn_from",
            models.CharField(
                blank=True, db_default="", default="", help_text="The state before the lead's change withdrew it.", max_length=12
            ),
        ),
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
    ]
