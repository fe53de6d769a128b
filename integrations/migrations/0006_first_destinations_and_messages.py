"""Destinations, messages and the outbound events of campaigns."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import integrations.models.message


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0005_appends_to_leads"),
        ("integrations", "0005_index_of_failed_deliveries"),
        ("leads", "0030_pictures_of_leads"),
        ("processr", "0018_messages_in_the_event_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="Destination",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "per_minute",
                    models.PositiveIntegerField(blank=True, help_text="Calls in any sixty seconds; empty for no limit.", null=True),
                ),
                (
                    "hours",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Weekdays from 0 (Monday), opening and closing time in the enterprise's zone; empty for always.",
                    ),
                ),
                ("cap_day", models.PositiveIntegerField(blank=True, null=True)),
                ("cap_week", models.PositiveIntegerField(blank=True, null=True)),
                ("cap_month", models.PositiveIntegerField(blank=True, null=True)),
                ("signing_secret", models.BinaryField(default=b"", help_text="Encrypted; empty where nothing is signed.")),
                ("previous_secret", models.BinaryField(default=b"", help_text="Encrypted; signs beside the new one for a while.")),
                ("previous_secret_until", models.DateTimeField(editable=False, null=True)),
                ("served_at", models.DateTimeField(editable=False, null=True)),
                ("waits_until", models.DateTimeField(editable=False, null=True)),
                (
                    "waits_for",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "None"),
                            ("unreachable", "It does not answer"),
                            ("rate", "The limit a minute is reached"),
                            ("hours", "Outside the delivery hours"),
                            ("cap", "The cap is reached"),
                        ],
                        default="",
                        editable=False,
                        max_length=12,
                    ),
                ),
                ("failing_since", models.DateTimeField(editable=False, null=True)),
                (
                    "rests",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, help_text="How often it rested since it failed: rests grow longer."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("sending", "Being sent"),
                            ("in_file", "In a file"),
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
                (
                    "lost_claim",
                    models.UUIDField(
                        help_text="The claim that was taken from a worker that seemed dead: its answer may still come.", null=True
                    ),
                ),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(help_text="When the last attempt ended, with or without an answer.", null=True)),
                ("answer", models.CharField(blank=True, help_text="Of the last attempt, in words.", max_length=300)),
                ("status", models.PositiveSmallIntegerField(help_text="Status code of the last answer.", null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("kind", models.CharField(max_length=20)),
                ("message_id", models.CharField(default=integrations.models.message.new_message_id, editable=False, max_length=28)),
                ("order_key", models.CharField(blank=True, max_length=60)),
                ("body", models.JSONField(default=dict, help_text="What its kind needs to send it, frozen when it was queued.")),
            ],
        ),
        migrations.CreateModel(
            name="OutboundEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(max_length=120)),
                ("trigger", models.CharField(choices=[("valid", "Valid"), ("invalid", "Invalid"), ("billable", "Billable")], max_length=8)),
                ("method", models.CharField(choices=[("GET", "GET"), ("POST", "POST")], default="GET", max_length=4)),
                ("url", models.CharField(help_text="With {placeholders} for values of the lead.", max_length=2000)),
                ("headers", models.JSONField(default=list, help_text="Rows of name and value.")),
                ("enabled", models.BooleanField(default=True)),
                ("removed_at", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="SentCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("n", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="destination",
            name="job",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="destination", to="processr.job"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="destination",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="integrations.destination"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="lead",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="leads.lead"
            ),
        ),
        migrations.AddField(
            model_name="outboundevent",
            name="campaign",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="outbound_events", to="campaigns.campaign"
            ),
        ),
        migrations.AddField(
            model_name="outboundevent",
            name="publisher",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.publisher",
            ),
        ),
        migrations.AddField(
            model_name="destination",
            name="event",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="destination", to="integrations.outboundevent"
            ),
        ),
        migrations.AddField(
            model_name="sentcount",
            name="destination",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="sent_counts", to="integrations.destination"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("state", "queued")), fields=["destination", "not_before", "id"], name="message_queue"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("state", "sending")), fields=["claim"], name="message_claimed"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("state", "needs_person")), fields=["destination", "id"], name="message_needs_person"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "sending", "needs_person")), models.Q(("order_key", ""), _negated=True)),
                fields=["destination", "order_key", "id"],
                name="message_order",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["destination", "id"], name="message_log"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("answered_at__isnull", False)), fields=["destination", "answered_at"], name="message_answered"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["lead", "id"], name="message_lead"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("message_id",), name="message_id_once"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("claim__isnull", False), ("state", "sending")),
                    models.Q(models.Q(("state", "sending"), _negated=True), ("claim__isnull", True)),
                    _connector="OR",
                ),
                name="message_claimed_while_sending",
            ),
        ),
        migrations.AddIndex(
            model_name="outboundevent",
            index=models.Index(condition=models.Q(("removed_at", None)), fields=["campaign", "id"], name="outbound_event_campaign"),
        ),
        migrations.AddConstraint(
            model_name="destination",
            constraint=models.CheckConstraint(
                condition=models.Q(("job", None), ("event", None), _connector="XOR"), name="destination_of_one_thing"
            ),
        ),
        migrations.AddConstraint(
            model_name="sentcount",
            constraint=models.UniqueConstraint(fields=("destination", "day"), name="sent_count_once_a_day"),
        ),
    ]
