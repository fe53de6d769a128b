"""Index the transformed values that jobs compare. Leads without one, which are most of them, are not in the indexes."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0014_tests_and_transformed_values")]

    operations = [
        AddIndexConcurrently(
            "lead",
            models.Index(
                condition=models.Q(("transformed_email__isnull", False)),
                fields=["transformed_email", "id", "campaign"],
                name="lead_transformed_email",
            ),
        ),
        AddIndexConcurrently(
            "lead",
            models.Index(
                condition=models.Q(("transformed_phone__isnull", False)),
                fields=["transformed_phone", "id"],
                name="lead_transformed_phone",
            ),
        ),
        AddIndexConcurrently(
            "lead",
            models.Index(
                condition=models.Q(("transformed_name_key__isnull", False)),
                fields=["transformed_name_key", "id"],
                name="lead_transformed_name",
            ),
        ),
    ]
