import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

import config.core.models.xid


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("campaigns", "0001_first_tables"),
        ("core", "0001_first_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="JobTally",
            fields=[
                ("job_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("passed", models.BigIntegerField(default=0)),
                ("failed", models.BigIntegerField(default=0)),
                ("errored", models.BigIntegerField(default=0)),
                ("skipped", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "job tallies",
            },
        ),
        migrations.CreateModel(
            name="SuppressedEmail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.CharField(max_length=320, unique=True)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="SuppressedName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_name", models.CharField(max_length=100)),
                ("last_name", models.CharField(max_length=100)),
                ("name_key", models.CharField(max_length=200, unique=True)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="SuppressedPhone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("phone", models.CharField(max_length=40, unique=True)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="IndexedField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True)),
                (
                    "seen_xid",
                    models.BigIntegerField(
                        help_text="Of a transaction that came after: whoever judged before it has ended since.", null=True
                    ),
                ),
                ("filled_to", models.BigIntegerField(default=0)),
                ("ready_at", models.DateTimeField(null=True)),
                ("unused_since", models.DateTimeField(help_text="No job compares it any more.", null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ("xid", config.core.models.xid.Xid8Field(db_default=config.core.models.xid.CurrentXid(), editable=False)),
                ("lead_id", models.BigIntegerField()),
                ("campaign_id", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("flow", "Flow"), ("provider", "Provider"), ("delivery", "Delivery"), ("feedback", "Feedback")],
                        max_length=8,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("success", "Success"), ("failure", "Failure"), ("error", "Error"), ("skip", "Skip")], max_length=7
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("job_id", models.BigIntegerField(null=True)),
                ("run_number", models.PositiveIntegerField(default=0, help_text="The lead's processing counter after this run.")),
                ("submitted_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField()),
                ("duration_ms", models.PositiveIntegerField(default=0)),
                ("source", models.JSONField(default=dict, help_text="Publisher, link and entry point the lead came by.")),
                ("plan_number", models.PositiveIntegerField(null=True)),
                ("steps_run", models.PositiveSmallIntegerField(default=0)),
                ("steps", models.JSONField(default=list)),
                ("message", models.TextField(blank=True, help_text="The exact exchange with a provider, secrets cut.")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["lead_id", "id"], name="event_lead"),
                    models.Index(fields=["xid", "id"], name="event_feed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("type", models.CharField(help_text="Key of a registered job type; never a choice list.", max_length=60)),
                (
                    "category",
                    models.CharField(
                        choices=[("quality", "Quality Assurance"), ("enrichment", "Enrichment"), ("integration", "Integration")],
                        max_length=11,
                    ),
                ),
                ("label", models.CharField(max_length=120)),
                ("stage", models.PositiveSmallIntegerField(default=10)),
                ("score", models.PositiveIntegerField(default=10)),
                ("hardfail", models.BooleanField(default=False)),
                ("enabled", models.BooleanField(default=True)),
                ("visible", models.BooleanField(default=True, help_text="Publishers of the campaign see the rule.")),
                ("after_enrichment", models.BooleanField(default=False)),
                (
                    "on_error",
                    models.CharField(
                        choices=[("error", "Count as could not be checked"), ("pass", "Count as passed"), ("fail", "Count as failed")],
                        default="error",
                        max_length=5,
                    ),
                ),
                ("route_by_score_minimum", models.IntegerField(blank=True, null=True)),
                ("route_by_score_maximum", models.IntegerField(blank=True, null=True)),
                ("routing_values", models.JSONField(blank=True, default=list)),
                ("always_deliver", models.BooleanField(default=False)),
                ("deliver_test_leads", models.BooleanField(default=False)),
                (
                    "lock_state",
                    models.CharField(
                        choices=[("normal", "Normal"), ("locked", "Locked"), ("review", "Review"), ("reviewed", "Reviewed")],
                        default="normal",
                        max_length=8,
                    ),
                ),
                ("config", models.JSONField(blank=True, default=dict)),
                ("mapping", models.JSONField(blank=True, default=list)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("campaign", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="jobs", to="campaigns.campaign")),
                (
                    "credential",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.credential"
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["stage", "id"],
            },
        ),
        migrations.CreateModel(
            name="GroupCondition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("field", models.CharField(max_length=80)),
                ("values", models.JSONField(default=list)),
                ("job", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="conditions", to="processr.job")),
            ],
        ),
        migrations.CreateModel(
            name="JobDelta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("job_id", models.BigIntegerField()),
                ("passed", models.IntegerField(default=0)),
                ("failed", models.IntegerField(default=0)),
                ("errored", models.IntegerField(default=0)),
                ("skipped", models.IntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["job_id"], name="job_delta_job")],
            },
        ),
        migrations.CreateModel(
            name="JobGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("score", models.PositiveIntegerField(default=10)),
                (
                    "campaign",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="job_groups", to="campaigns.campaign"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="job",
            name="group",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="jobs", to="processr.jobgroup"
            ),
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("body", models.JSONField()),
                ("made_by", models.CharField(blank=True, max_length=150)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("campaign", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="plans", to="campaigns.campaign")),
            ],
        ),
        migrations.CreateModel(
            name="ValidationList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=160)),
                ("private", models.BooleanField(default=False, help_text="Agency users see no values.")),
                ("version", models.PositiveIntegerField(default=1)),
                ("value_count", models.PositiveBigIntegerField(default=0)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "advertiser",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="validation_lists",
                        to="campaigns.advertiser",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ValidationListValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(max_length=500)),
                ("key", models.CharField(help_text="The value folded: trimmed, in small letters.", max_length=500)),
                (
                    "list",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="values", to="processr.validationlist"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ValueImport",
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
                (
                    "target",
                    models.CharField(
                        choices=[
                            ("list", "Validation list"),
                            ("email", "Suppressed e-mail addresses"),
                            ("name", "Suppressed names"),
                            ("phone", "Suppressed telephone numbers"),
                        ],
                        max_length=5,
                    ),
                ),
                ("file", models.CharField(max_length=500)),
                ("name", models.CharField(help_text="What the file was called where it came from.", max_length=255)),
                ("position", models.PositiveBigIntegerField(default=0, help_text="Bytes read so far: where a broken import goes on.")),
                ("added", models.PositiveBigIntegerField(default=0)),
                ("repeated", models.PositiveBigIntegerField(default=0, help_text="Values that were there already.")),
                (
                    "list",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="imports", to="processr.validationlist"
                    ),
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
            name="ValueTransform",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(max_length=120)),
                ("type", models.CharField(choices=[("transform", "Transform"), ("manipulate", "Manipulate")], max_length=10)),
                ("group_name", models.CharField(blank=True, max_length=120)),
                ("source_field", models.CharField(max_length=80)),
                ("new_field", models.CharField(max_length=80)),
                ("config", models.JSONField(default=dict)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "advertiser",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="value_transforms", to="campaigns.advertiser"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="value_transforms", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="FieldValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lead_id", models.BigIntegerField()),
                ("campaign_id", models.BigIntegerField()),
                ("key", models.BigIntegerField()),
                (
                    "field",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="processr.indexedfield"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="jobgroup",
            constraint=models.UniqueConstraint(fields=("campaign", "name"), name="job_group_once"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("removed_at__isnull", True)), fields=["campaign", "category", "stage", "id"], name="job_campaign"
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(fields=("campaign", "number"), name="plan_once"),
        ),
        migrations.AddConstraint(
            model_name="validationlist",
            constraint=models.UniqueConstraint(fields=("advertiser", "name"), name="validation_list_once", nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name="validationlistvalue",
            constraint=models.UniqueConstraint(fields=("list", "key"), name="list_value_once"),
        ),
        migrations.AddConstraint(
            model_name="valueimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("list__isnull", False), ("target", "list")),
                    models.Q(models.Q(("target", "list"), _negated=True), ("list__isnull", True)),
                    _connector="OR",
                ),
                name="value_import_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="valuetransform",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("advertiser__isnull", False), ("campaign__isnull", True)),
                    models.Q(("advertiser__isnull", True), ("campaign__isnull", False)),
                    _connector="OR",
                ),
                name="transform_of_one_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="fieldvalue",
            index=models.Index(fields=["field", "key", "campaign_id", "lead_id"], name="field_value_key"),
        ),
        migrations.AddConstraint(
            model_name="fieldvalue",
            constraint=models.UniqueConstraint(fields=("lead_id", "field"), name="field_value_once"),
        ),
    ]
