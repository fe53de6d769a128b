import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import integrations.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("leads", "0001_first_tables"),
        ("processr", "0001_first_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.CharField(default=integrations.models.new_event_id, editable=False, max_length=24)),
                ("round", models.PositiveIntegerField(default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Given up"),
                            ("needs_person", "Needs a person"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="queued",
                        max_length=12,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("not_before", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("claim", models.UUIDField(null=True)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(help_text="When the last attempt ended, with or without an answer.", null=True)),
                ("answer", models.CharField(blank=True, help_text="Of the last attempt, in words.", max_length=300)),
                ("status", models.PositiveSmallIntegerField(help_text="Status code of the last answer.", null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "taken_back_at",
                    models.DateTimeField(help_text="The lead was marked undelivered after this was sent: it counts no more.", null=True),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="processr.job"
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="leads.lead"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(condition=models.Q(("state", "queued")), fields=["job", "not_before", "id"], name="delivery_queue"),
                    models.Index(condition=models.Q(("state", "sending")), fields=["claim"], name="delivery_claimed"),
                    models.Index(condition=models.Q(("state", "needs_person")), fields=["job", "id"], name="delivery_needs_person"),
                    models.Index(fields=["job", "id"], name="delivery_log"),
                    models.Index(
                        condition=models.Q(("answered_at__isnull", False)), fields=["job", "answered_at"], name="delivery_answered"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("event_id",), name="delivery_event_once"),
                    models.UniqueConstraint(fields=("lead", "job", "round"), name="delivery_round_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("claim__isnull", False), ("state", "sending")),
                            models.Q(models.Q(("state", "sending"), _negated=True), ("claim__isnull", True)),
                            _connector="OR",
                        ),
                        name="delivery_claimed_while_sending",
                    ),
                ],
            },
        ),
    ]
