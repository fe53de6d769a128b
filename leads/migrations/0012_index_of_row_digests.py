"""Index leads by the digest of their imported row."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0011_digests_from_imports")]

    operations = [
        AddIndexConcurrently(
            "lead",
            models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("row_digest__isnull", False)),
                fields=["row_digest", "id"],
                name="lead_row_digest",
            ),
        ),
    ]
