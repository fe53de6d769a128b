"""Index leads by the reason of their flag."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0005_flags_from_notes")]

    operations = [
        AddIndexConcurrently(
            "lead",
            models.Index(
                condition=models.Q(("deleted_at__isnull", True), models.Q(("flag_reason", ""), _negated=True)),
                fields=["flag_reason", "id"],
                name="lead_flag_reason",
            ),
        ),
    ]
