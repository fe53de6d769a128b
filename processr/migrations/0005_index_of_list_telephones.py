"""Index the telephone numbers of lists."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("processr", "0004_telephones_of_list_values")]
    operations = [
        AddIndexConcurrently(
            "validationlistvalue",
            models.Index(condition=models.Q(("telephone", ""), _negated=True), fields=["list", "telephone"], name="list_telephone"),
        ),
    ]
