import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="BulkAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
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
                ("done", models.PositiveBigIntegerField(default=0)),
                ("failed", models.PositiveBigIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("stop_asked", models.BooleanField(default=False)),
                ("claim", models.UUIDField(null=True)),
                ("beat_at", models.DateTimeField(help_text="Last sign of life of the worker that has it.", null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("type", models.CharField(help_text="Key of a bulk type; never a choice list.", max_length=40)),
                ("settings", models.JSONField(default=dict)),
                ("selection_source", models.JSONField(default=dict, help_text="How the leads were chosen: ids, file or filter.")),
                ("signature", models.CharField(blank=True, max_length=150)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="BulkChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("lead_ids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("before", models.JSONField(default=dict, help_text="Axes and revision of each lead as the action found it.")),
                ("after_revision", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Queued"), ("done", "Done"), ("undone", "Undone")], default="queued", max_length=6
                    ),
                ),
                ("skipped", models.JSONField(default=dict, help_text="Lead id → why.")),
            ],
        ),
        migrations.CreateModel(
            name="ColumnMap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("use", models.CharField(choices=[("import", "Import"), ("export", "Export")], max_length=6)),
                ("name", models.CharField(max_length=120)),
                ("columns", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="DailyTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("campaign_id", models.BigIntegerField()),
                ("publisher_id", models.BigIntegerField(null=True)),
                ("day", models.DateField(null=True)),
                ("current_status", models.CharField(max_length=7)),
                ("delivery_status", models.CharField(max_length=13)),
                ("publisher_billable", models.BooleanField()),
                ("advertiser_billable", models.BooleanField()),
                ("n", models.BigIntegerField()),
            ],
            options={
                "verbose_name_plural": "daily tallies",
            },
        ),
        migrations.CreateModel(
            name="FlagReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("flag", models.CharField(choices=[("valid", "Valid"), ("invalid", "Invalid"), ("test", "Test")], max_length=7)),
                ("name", models.CharField(max_length=255)),
                ("is_other", models.BooleanField(default=False, help_text="Asks for the person's own reason.")),
                ("has_categories", models.BooleanField(default=False)),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["flag", "position", "id"],
            },
        ),
        migrations.CreateModel(
            name="FlagReasonCategory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "flag reason categories",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Lead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lead_hash", models.CharField(max_length=32, unique=True)),
                ("publisher_sub_id", models.CharField(blank=True, max_length=120)),
                ("external_id", models.CharField(max_length=120, null=True)),
                ("captured", models.JSONField(default=dict)),
                ("transformed", models.JSONField(default=dict)),
                ("enriched", models.JSONField(default=dict)),
                ("email", models.CharField(blank=True, db_collation="C", max_length=320)),
                ("phone", models.CharField(blank=True, db_collation="C", max_length=40)),
                ("name_key", models.CharField(blank=True, db_collation="C", max_length=200)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("host", models.CharField(blank=True, max_length=255)),
                ("user_agent", models.CharField(blank=True, max_length=500)),
                (
                    "entry_point",
                    models.CharField(
                        choices=[
                            ("webhook", "Campaign webhook"),
                            ("publisher_api", "Publisher API"),
                            ("import", "Import"),
                            ("form", "Hosted form"),
                            ("connect", "Convertr Connect"),
                            ("manual", "By hand"),
                        ],
                        max_length=13,
                    ),
                ),
                ("landing_page_url", models.CharField(blank=True, max_length=2000)),
                ("opt_in", models.BooleanField(null=True)),
                ("double_opt_in", models.BooleanField(null=True)),
                ("imported", models.BooleanField(default=False)),
                ("suppressed", models.BooleanField(default=False)),
                (
                    "processr_status",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("processing", "Sent to Processr"), ("held", "On Hold"), ("complete", "Complete")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "qa_status",
                    models.CharField(
                        blank=True,
                        choices=[("valid", "Valid"), ("caution", "Caution"), ("invalid", "Invalid"), ("test", "Test")],
                        max_length=7,
                    ),
                ),
                (
                    "second_check",
                    models.CharField(blank=True, choices=[("valid", "Valid"), ("invalid", "Invalid"), ("test", "Test")], max_length=7),
                ),
                (
                    "current_status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("valid", "Valid"),
                            ("caution", "Caution"),
                            ("invalid", "Invalid"),
                            ("test", "Test"),
                        ],
                        default="pending",
                        max_length=7,
                    ),
                ),
                (
                    "delivery_status",
                    models.CharField(
                        choices=[("not_delivered", "Not Delivered"), ("delivered", "Delivered")], default="not_delivered", max_length=13
                    ),
                ),
                ("hold_reason", models.CharField(blank=True, max_length=20)),
                ("score", models.IntegerField(default=0)),
                ("max_score", models.IntegerField(default=0)),
                ("hardfail", models.BooleanField(default=False)),
                ("errored", models.BooleanField(default=False)),
                ("processing_counter", models.PositiveIntegerField(default=0)),
                ("qa_result", models.JSONField(default=dict)),
                ("failed_jobs", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ("publisher_billable", models.BooleanField(default=False)),
                ("advertiser_billable", models.BooleanField(default=False)),
                ("over_allocation", models.BooleanField(default=False)),
                ("contract_slot", models.BooleanField(default=False, help_text="Holds a slot of its publisher's cap.")),
                ("campaign_slot", models.BooleanField(default=False, help_text="Holds a slot of the campaign's allocation.")),
                ("publisher_payout", models.DecimalField(decimal_places=4, default=0, max_digits=12)),
                ("publisher_payout_base", models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ("advertiser_payout", models.DecimalField(decimal_places=4, default=0, max_digits=12)),
                ("advertiser_payout_base", models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ("replacement_type", models.CharField(blank=True, max_length=20)),
                ("replacement_comment", models.TextField(blank=True)),
                ("first_delivered_at", models.DateTimeField(null=True)),
                ("claim", models.UUIDField(null=True)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
                ("lane", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LeadExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
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
                ("done", models.PositiveBigIntegerField(default=0)),
                ("failed", models.PositiveBigIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("stop_asked", models.BooleanField(default=False)),
                ("claim", models.UUIDField(null=True)),
                ("beat_at", models.DateTimeField(help_text="Last sign of life of the worker that has it.", null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("filter", models.JSONField(default=dict)),
                ("columns", models.JSONField(default=list)),
                ("format", models.CharField(default="csv", max_length=4)),
                ("file", models.CharField(blank=True, max_length=500)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("size", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="LeadImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
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
                ("done", models.PositiveBigIntegerField(default=0)),
                ("failed", models.PositiveBigIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("stop_asked", models.BooleanField(default=False)),
                ("claim", models.UUIDField(null=True)),
                ("beat_at", models.DateTimeField(help_text="Last sign of life of the worker that has it.", null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("file", models.CharField(max_length=500)),
                ("sha256", models.CharField(max_length=64)),
                ("delimiter", models.CharField(default=",", max_length=1)),
                ("columns", models.JSONField(default=dict, help_text="Column header → field name.")),
                ("position", models.PositiveBigIntegerField(default=0, help_text="Rows dealt with so far: where a broken run resumes.")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="LeadNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lead_id", models.BigIntegerField()),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.CharField(max_length=150)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("status", "Status"),
                            ("delivery", "Delivery"),
                            ("contract", "Contract"),
                            ("data", "Data"),
                            ("metadata", "Metadata"),
                            ("feedback", "Feedback"),
                        ],
                        max_length=8,
                    ),
                ),
                ("changes", models.JSONField(default=list, help_text="[[axis, old, new], …]")),
                ("reason", models.CharField(blank=True, max_length=255)),
                ("comment", models.TextField(blank=True)),
                ("action_id", models.BigIntegerField(help_text="The bulk action it was part of.", null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PriceEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("side", models.CharField(choices=[("publisher", "Publisher"), ("advertiser", "Advertiser")], max_length=10)),
                ("sign", models.SmallIntegerField(help_text="1: became billable; -1: stopped being so.")),
                ("amount", models.DecimalField(decimal_places=4, max_digits=12)),
                ("currency", models.CharField(max_length=3)),
                ("rate", models.DecimalField(decimal_places=8, max_digits=18)),
                ("base_amount", models.DecimalField(decimal_places=4, max_digits=14)),
                ("cause", models.CharField(max_length=40)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "price entries",
            },
        ),
        migrations.CreateModel(
            name="TallyDelta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("campaign_id", models.BigIntegerField()),
                ("publisher_id", models.BigIntegerField(null=True)),
                ("day", models.DateField(null=True)),
                ("current_status", models.CharField(max_length=7)),
                ("delivery_status", models.CharField(max_length=13)),
                ("publisher_billable", models.BooleanField()),
                ("advertiser_billable", models.BooleanField()),
                ("n", models.BigIntegerField()),
            ],
        ),
    ]
