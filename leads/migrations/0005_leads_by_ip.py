from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("leads", "0004_imports_that_resume"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("imported", False), ("ip__isnull", False)),
                fields=["ip", "campaign", "created_at"],
                name="lead_ip",
            ),
        ),
    ]
