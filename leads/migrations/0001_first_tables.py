import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("campaigns", "0001_first_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="leads", to="campaigns.campaign"
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.form"
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.campaignlink",
                    ),
                ),
                (
                    "publisher",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="campaigns.publisher",
                    ),
                ),
            ],
        ),
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
        migrations.CreateModel(
            name="ColumnMap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("use", models.CharField(choices=[("import", "Import"), ("export", "Export")], max_length=6)),
                ("name", models.CharField(max_length=120)),
                ("columns", models.JSONField(default=list)),
                (
                    "advertiser",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="column_maps", to="campaigns.advertiser"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="column_maps", to=settings.AUTH_USER_MODEL
                    ),
                ),
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
                "indexes": [
                    models.Index(condition=models.Q(("day__isnull", True)), fields=["campaign_id"], name="tally_total"),
                    models.Index(condition=models.Q(("day__isnull", False)), fields=["campaign_id", "day"], name="tally_day"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "campaign_id",
                            "publisher_id",
                            "day",
                            "current_status",
                            "delivery_status",
                            "publisher_billable",
                            "advertiser_billable",
                        ),
                        name="daily_tally_once",
                        nulls_distinct=False,
                    )
                ],
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
                "constraints": [models.UniqueConstraint(fields=("flag", "name"), name="flag_reason_once")],
            },
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
                ("encoding", models.CharField(default="utf-8", max_length=40)),
                ("position", models.PositiveBigIntegerField(default=0, help_text="Rows dealt with so far: where a broken run resumes.")),
                ("repeated", models.PositiveBigIntegerField(default=0, help_text="Rows whose lead was there already, by its external id.")),
                ("refused_rows", models.TextField(blank=True, help_text="Path of the file of refused rows.")),
                ("refused_size", models.PositiveBigIntegerField(default=0, help_text="Bytes of that file that belong to the position.")),
                (
                    "campaign",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="campaigns.campaign"),
                ),
                ("form", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.form")),
                (
                    "link",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.campaignlink"
                    ),
                ),
                (
                    "publisher",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.publisher"),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
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
            options={
                "indexes": [models.Index(fields=["lead_id", "id"], name="note_lead")],
            },
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
                (
                    "contract",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.campaignpublisher",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="price_entries", to="leads.lead"
                    ),
                ),
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
            options={
                "indexes": [models.Index(fields=["campaign_id"], name="delta_campaign")],
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
                ("action", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="leads.bulkaction")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("action", "position"), name="bulk_chunk_once")],
            },
        ),
        migrations.CreateModel(
            name="FlagReasonCategory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                (
                    "reason",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="categories", to="leads.flagreason"),
                ),
            ],
            options={
                "verbose_name_plural": "flag reason categories",
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=("reason", "name"), name="flag_reason_category_once")],
            },
        ),
        migrations.CreateModel(
            name="LeadSearch",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="leads.lead",
                    ),
                ),
                ("campaign_id", models.BigIntegerField()),
                ("tsv", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["tsv"], name="lead_search_tsv")],
            },
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["campaign", "id"], name="lead_campaign"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True)), fields=["campaign", "current_status", "id"], name="lead_campaign_status"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["publisher", "id"], name="lead_publisher"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["current_status", "id"], name="lead_status"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["delivery_status", "id"], name="lead_delivery"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True)), fields=["advertiser_billable", "id"], name="lead_billable"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["score", "id"], name="lead_score"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["created_at", "id"], name="lead_created"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["email", "id", "campaign"], name="lead_email"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["phone", "id"], name="lead_phone"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("name_key", ""), _negated=True), fields=["name_key", "id"], name="lead_name"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("imported", False), ("ip__isnull", False)), fields=["ip", "campaign", "created_at"], name="lead_ip"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("processr_status", "waiting")),
                fields=["lane", "campaign", "id"],
                name="lead_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("processr_status", "processing")), fields=["claimed_at"], name="lead_claimed"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("processr_status", "held")),
                fields=["campaign", "hold_reason", "id"],
                name="lead_held",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("errored", True)), fields=["campaign", "id"], name="lead_errored"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True), ("errored", True)), fields=["id"], name="lead_errored_any"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("failed_jobs", []), _negated=True), fields=["failed_jobs"], name="lead_failed_jobs"
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id__isnull", False)),
                fields=("campaign", "publisher", "external_id"),
                name="lead_external_id_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("second_check", ""), ("qa_status", ""), ("current_status", "pending")),
                    models.Q(("second_check", ""), models.Q(("qa_status", ""), _negated=True), ("current_status", models.F("qa_status"))),
                    models.Q(models.Q(("second_check", ""), _negated=True), ("current_status", models.F("second_check"))),
                    _connector="OR",
                ),
                name="lead_current_status_follows",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("processr_status", "held"), models.Q(("hold_reason", ""), _negated=True)),
                    models.Q(models.Q(("processr_status", "held"), _negated=True), ("hold_reason", "")),
                    _connector="OR",
                ),
                name="lead_held_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("processr_status", "processing"), ("claim__isnull", False), ("claimed_at__isnull", False)),
                    models.Q(
                        models.Q(("processr_status", "processing"), _negated=True), ("claim__isnull", True), ("claimed_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="lead_processing_is_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("over_allocation", True), ("publisher_billable", True), _negated=True),
                name="lead_over_allocation_pays_no_publisher",
            ),
        ),
        migrations.AddIndex(
            model_name="leadimport",
            index=models.Index(fields=["sha256"], name="lead_import_file"),
        ),
        migrations.AddConstraint(
            model_name="leadimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "position",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(models.F("done"), "+", models.F("failed")),
                            "+",
                            models.F("repeated"),
                        ),
                    )
                ),
                name="lead_import_every_row_once",
            ),
        ),
        migrations.AddIndex(
            model_name="priceentry",
            index=models.Index(fields=["lead", "side"], name="price_lead"),
        ),
        migrations.AddConstraint(
            model_name="priceentry",
            constraint=models.CheckConstraint(condition=models.Q(("sign__in", [1, -1])), name="price_sign"),
        ),
    ]
