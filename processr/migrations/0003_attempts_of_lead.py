"""Index the delivery attempts of a lead, for its timeline."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("processr", "0002_drafts_of_runs"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(condition=models.Q(("kind", "delivery")), fields=["lead_id", "id"], name="event_attempts_of_lead"),
        ),
    ]
