"""Let a bulk action be prepared step by step: its answers, what it leaves out, and its preview."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0004_values_checked_per_day"),
        ("leads", "0021_searches_of_all_leads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkaction",
            name="answers",
            field=models.JSONField(db_default={}, default=dict, help_text="The answers given to the steps of the wizard."),
        ),
        migrations.AddField(
            model_name="bulkaction",
            name="campaign",
            field=models.ForeignKey(
                help_text="The only campaign whose leads it takes.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.campaign",
            ),
        ),
        migrations.AddField(
            model_name="bulkchunk",
            name="previewed",
            field=models.JSONField(help_text="Lead ids by status, and by the reason to skip them, as the preview found them.", null=True),
        ),
        migrations.CreateModel(
            name="BulkForecast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
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
                ("total", models.PositiveBigIntegerField(null=True)),
                ("position", models.PositiveBigIntegerField(default=0, help_text="Where a run that was broken off goes on.")),
                ("done", models.PositiveBigIntegerField(default=0)),
                ("failed", models.PositiveBigIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("stop_asked", models.BooleanField(default=False)),
                ("claim", models.UUIDField(null=True)),
                ("beat_at", models.DateTimeField(help_text="Last sign of life of the worker that has it.", null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("result", models.JSONField(default=dict)),
                (
                    "action",
                    models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="forecast", to="leads.bulkaction"),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "preview of a bulk action",
            },
        ),
        migrations.CreateModel(
            name="OmittedEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=120)),
                ("line", models.PositiveIntegerField()),
                ("text", models.CharField(max_length=100)),
                ("why", models.CharField(max_length=100)),
                ("action", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="omitted", to="leads.bulkaction")),
            ],
            options={
                "verbose_name_plural": "omitted entries",
            },
        ),
        migrations.AddIndex("bulkaction", models.Index(fields=["type", "id"], name="bulk_action_type")),
    ]
