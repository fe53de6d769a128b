"""Let a bulk action name the action that it takes back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0006_index_of_flag_reasons")]

    operations = [
        migrations.AddField(
            "bulkaction",
            "undoes",
            models.ForeignKey(
                help_text="The action it takes back.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="leads.bulkaction",
            ),
        ),
        migrations.AlterField(
            "bulkchunk",
            "before",
            models.JSONField(default=dict, help_text="Id of each lead it moved → axes and revision as the action found them."),
        ),
        migrations.AlterField(
            "bulkchunk", "after_revision", models.JSONField(default=dict, help_text="Lead id → the revision that the action left.")
        ),
    ]
