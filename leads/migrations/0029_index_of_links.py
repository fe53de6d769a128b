"""Index leads by link and time, for the statistics of links."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0028_revision_of_captured_values")]

    operations = [
        AddIndexConcurrently(
            "lead",
            models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("link__isnull", False)),
                fields=["link", "created_at"],
                name="lead_link",
            ),
        ),
    ]
