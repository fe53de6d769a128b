"""Give chunks of bulk actions what they found of their leads by leads that were alike, instead of lead by lead."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0024_time_of_earlier_saves")]

    operations = [
        migrations.AddField(
            "bulkchunk",
            "found",
            models.JSONField(
                db_default=[],
                default=list,
                help_text="The leads it moved: [[columns as the action found them, ids of the leads alike], …]",
            ),
        ),
        # Statements of the product no longer name them, and a chunk that is created before they are removed has them too.
        migrations.AlterField("bulkchunk", "before", models.JSONField(default=dict, db_default={})),
        migrations.AlterField("bulkchunk", "after_revision", models.JSONField(default=dict, db_default={})),
    ]
