"""Index deliveries that arrived while their lead was not Valid."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0007_holds_of_deliveries")]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(condition=models.Q(("arrived_while_not_valid", True)), fields=["job", "id"], name="delivery_not_valid"),
        ),
    ]
