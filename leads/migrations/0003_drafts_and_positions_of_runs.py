"""Add drafts to the states of runs, and to every run the position where it goes on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0002_flag_reasons"),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkaction",
            name="position",
            field=models.PositiveBigIntegerField(default=0, help_text="Where a run that was broken off goes on."),
        ),
        migrations.AddField(
            model_name="leadexport",
            name="position",
            field=models.PositiveBigIntegerField(default=0, help_text="Where a run that was broken off goes on."),
        ),
        migrations.AlterField(
            model_name="bulkaction",
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
        migrations.AlterField(
            model_name="leadexport",
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
        migrations.AlterField(
            model_name="leadimport",
            name="position",
            field=models.PositiveBigIntegerField(default=0, help_text="Where a run that was broken off goes on."),
        ),
        migrations.AlterField(
            model_name="leadimport",
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
