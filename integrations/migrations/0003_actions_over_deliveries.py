"""Add the runs over deliveries."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0002_actions_of_deliveries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeliveryAction",
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
                (
                    "type",
                    models.CharField(
                        choices=[("retry", "Retry deliveries"), ("give_up", "Give up deliveries"), ("withdraw", "Withdraw deliveries")],
                        max_length=8,
                    ),
                ),
                ("filters", models.JSONField(default=dict, help_text="Filter of the list → value, as the deliveries were selected.")),
                ("selected_at", models.DateTimeField(help_text="Deliveries that came to need a person later are not meant.", null=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("last_job", models.BigIntegerField(default=0, help_text="The integration of the last delivery that was dealt with.")),
                ("last_delivery", models.BigIntegerField(default=0)),
                ("skipped", models.JSONField(default=dict, help_text="Reason → number of deliveries.")),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
    ]
