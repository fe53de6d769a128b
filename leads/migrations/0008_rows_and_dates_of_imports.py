"""Record which rows of an imported file are leads, and in which order its dates were read."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0007_undo_of_bulk_actions"),
    ]

    operations = [
        migrations.AddField(
            model_name="leadimport",
            name="date_orders",
            field=models.JSONField(db_default={}, default=dict, help_text="Column header → order of day, month and year."),
        ),
        migrations.CreateModel(
            name="LeadImportPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_line", models.PositiveBigIntegerField()),
                ("last_line", models.PositiveBigIntegerField()),
                ("lines", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("lead_ids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="leads.leadimport"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("run", "first_line"), name="lead_import_part_once")],
            },
        ),
    ]
