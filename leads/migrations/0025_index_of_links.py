"""Index leads by link and time, for the statistics of links."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0024_time_of_earlier_saves")]

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
