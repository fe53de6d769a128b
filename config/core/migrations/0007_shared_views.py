"""Let views of lists be shared with roles or with an agency, and one be a user's default.

`shared` goes without its values: no page has ever set it, and whom a view was meant for would be a guess (decision 56).
The table is small, so nothing is built concurrently.
"""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("core", "0006_sessions_that_name_their_user")]
    operations = [
        migrations.RemoveField("savedtable", "shared"),
        migrations.AddField(
            "savedtable",
            "shared_with",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20), blank=True, default=list, help_text="Roles whose users see it.", size=None
            ),
        ),
        migrations.AddField(
            "savedtable",
            "agency",
            models.BigIntegerField(blank=True, help_text="The agency whose users alone see it; the core knows its id only.", null=True),
        ),
        migrations.AddField(
            "savedtable",
            "is_default",
            models.BooleanField(default=False, help_text="Opened when its user opens the list without any parameter."),
        ),
        migrations.AlterField(
            "savedtable",
            "filter",
            models.JSONField(default=dict, help_text="Parameters of the list's address, each with its values."),
        ),
        migrations.AddConstraint(
            "savedtable",
            models.UniqueConstraint(fields=("user", "table"), condition=Q(is_default=True), name="saved_table_one_default"),
        ),
        migrations.AddConstraint(
            "savedtable", models.CheckConstraint(condition=~Q(name="", is_default=True), name="saved_table_default_is_named")
        ),
        migrations.AddConstraint(
            "savedtable", models.CheckConstraint(condition=Q(shared_with=[]) | ~Q(name=""), name="saved_table_shared_is_named")
        ),
        migrations.AddIndex("savedtable", models.Index(fields=["table", "name"], condition=~Q(shared_with=[]), name="saved_table_shared")),
    ]
