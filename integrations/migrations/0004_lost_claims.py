"""Let a delivery remember the claim that was taken from its worker, so that an answer that comes late is recorded."""

from django.db import migrations, models

# Senders wait for the table no longer than this.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s'"


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_actions_over_deliveries")]

    operations = [
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
        migrations.AddField(
            "delivery",
            "lost_claim",
            models.UUIDField(
                null=True,
                help_text="The claim that was taken from a worker that seemed dead: its answer may still come.",
            ),
        ),
        migrations.RunSQL(LOCK_TIMEOUT, LOCK_TIMEOUT),
    ]
