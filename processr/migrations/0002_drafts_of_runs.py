"""Add drafts to the states of runs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("processr", "0001_first_tables"),
    ]

    operations = [
        migrations.AlterField(
            model_name="valueimport",
            name="position",
            field=models.PositiveBigIntegerField(default=0, help_text="Where a run that was broken off goes on."),
        ),
        migrations.AlterField(
            model_name="valueimport",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("stopped", "Stopped"),
                    ("failed", "Failed"),
                ],
                default="queued",
                max_length=8,
            ),
        ),
    ]
