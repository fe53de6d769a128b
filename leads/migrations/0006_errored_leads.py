from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("leads", "0005_leads_by_ip"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("errored", True)),
                fields=["campaign", "id"],
                name="lead_errored",
            ),
        ),
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("errored", True)),
                fields=["id"],
                name="lead_errored_any",
            ),
        ),
    ]
