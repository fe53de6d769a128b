"""Index deliveries that failed by their lead, for lists of leads by their Processr status."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0004_lost_claims")]

    operations = [
        AddIndexConcurrently(
            "delivery",
            models.Index(
                condition=models.Q(("state__in", ("needs_person", "failed"))),
                fields=["lead"],
                name="delivery_failed_lead",
            ),
        ),
    ]
