import uuid

import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import config.core.models.xid


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entries", models.JSONField(help_text="Ids of the entries under this seal, in order.")),
                ("upto", config.core.models.xid.Xid8Field(editable=False)),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("previous", models.CharField(max_length=64, unique=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Currency",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=3, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("symbol", models.CharField(max_length=4)),
                (
                    "rate_to_base",
                    models.DecimalField(
                        decimal_places=8, default=1, help_text="What one unit is worth in the base currency.", max_digits=18
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "currencies",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False, help_text="Designates whether the user can log into this admin site.", verbose_name="staff status"
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                ("name", models.CharField(max_length=150, verbose_name="full name")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("admin", "Admin"),
                            ("admin_masked", "Admin Masked"),
                            ("super", "Super User"),
                            ("agency", "Agency"),
                            ("agency_call_centre", "Agency Call Centre"),
                            ("advertiser", "Advertiser"),
                            ("advertiser_report", "Advertiser Report User"),
                            ("publisher", "Publisher"),
                            ("report", "Report User"),
                        ],
                        default="report",
                        max_length=20,
                    ),
                ),
                (
                    "zone",
                    models.CharField(
                        blank=True,
                        help_text="Times are shown in this zone; empty: the enterprise's.",
                        max_length=64,
                        verbose_name="time zone",
                    ),
                ),
                ("can_delete_leads", models.BooleanField(default=False)),
                ("can_manage_forms", models.BooleanField(default=True)),
                ("can_manage_users", models.BooleanField(default=False)),
                ("can_use_processr", models.BooleanField(default=True)),
                ("can_see_provider_logs", models.BooleanField(default=False)),
                ("password_changed_at", models.DateTimeField(blank=True, null=True)),
                ("password_expired", models.BooleanField(default=False)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("refresh_digest", models.CharField(max_length=64, null=True, unique=True)),
                (
                    "session",
                    models.UUIDField(
                        db_index=True, default=uuid.uuid4, editable=False, help_text="Shared by all that were refreshed from one."
                    ),
                ),
                ("source", models.CharField(help_text="What it was given for: a password, an API key.", max_length=20)),
                ("source_id", models.BigIntegerField(blank=True, help_text="Which one, where there are several.", null=True)),
                (
                    "client_id",
                    models.CharField(blank=True, help_text="The client it was given to, which alone may refresh it.", max_length=64),
                ),
                ("password_mark", models.CharField(help_text="Of the password of that moment: another one ends the token.", max_length=16)),
                ("ip", models.GenericIPAddressField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("refresh_expires_at", models.DateTimeField(null=True)),
                ("refreshed_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("xid", config.core.models.xid.Xid8Field(db_default=config.core.models.xid.CurrentXid(), editable=False)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("actor_name", models.CharField(max_length=150)),
                (
                    "severity",
                    models.CharField(choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")], default="low", max_length=6),
                ),
                ("page", models.CharField(max_length=120)),
                ("action", models.CharField(max_length=120)),
                ("object_type", models.CharField(blank=True, max_length=60)),
                ("object_id", models.CharField(blank=True, max_length=60)),
                ("campaign_id", models.BigIntegerField(blank=True, null=True)),
                ("before", models.JSONField(blank=True, null=True)),
                ("after", models.JSONField(blank=True, null=True)),
                ("notes", models.TextField(blank=True)),
                ("ip", models.GenericIPAddressField(blank=True, null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
            },
        ),
        migrations.CreateModel(
            name="Credential",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True)),
                ("type", models.CharField(default="processrJob", max_length=40)),
                ("entity", models.CharField(blank=True, max_length=80)),
                ("client_id", models.CharField(blank=True, max_length=255)),
                ("secret", models.BinaryField()),
                ("api_url", models.URLField(blank=True)),
                ("set_at", models.DateTimeField(auto_now=True)),
                (
                    "set_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Enterprise",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("one", models.BooleanField(default=True, editable=False, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "zone",
                    models.CharField(
                        default="UTC", help_text="Day boundaries and schedules follow this zone.", max_length=64, verbose_name="time zone"
                    ),
                ),
                (
                    "office_ips",
                    models.JSONField(blank=True, default=list, help_text="Addresses or networks of the operator's own offices."),
                ),
                ("limits", models.JSONField(blank=True, default=dict, help_text="Rate limits that differ from the defaults.")),
                ("currency", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.currency")),
            ],
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("principal", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=255)),
                ("request_sha256", models.CharField(max_length=64)),
                ("status", models.SmallIntegerField(null=True)),
                ("body", models.JSONField(null=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="idempotency_at")],
                "constraints": [models.UniqueConstraint(fields=("principal", "key"), name="idempotency_key_once")],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("text", models.TextField()),
                ("url", models.CharField(blank=True, max_length=500)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notifications", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "table",
                    models.CharField(help_text="The table's own key, not its class name: a rename must lose nothing.", max_length=40),
                ),
                ("name", models.CharField(blank=True, max_length=80)),
                ("columns", models.JSONField(default=list)),
                ("order", models.CharField(blank=True, max_length=60)),
                ("filter", models.JSONField(default=dict)),
                ("per_page", models.PositiveSmallIntegerField(default=50)),
                ("shared", models.BooleanField(default=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="saved_tables", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "admin",
                            "admin_masked",
                            "advertiser",
                            "advertiser_report",
                            "agency",
                            "agency_call_centre",
                            "publisher",
                            "report",
                            "super",
                        ],
                    )
                ),
                name="user_role_known",
            ),
        ),
        migrations.AddIndex(
            model_name="accesstoken",
            index=models.Index(fields=["expires_at"], name="token_expires"),
        ),
        migrations.AddIndex(
            model_name="accesstoken",
            index=models.Index(fields=["user", "source", "source_id", "ip"], name="token_way_in"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["xid", "id"], name="audit_xid"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["-at", "-id"], name="audit_at"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["campaign_id", "-id"], name="audit_campaign"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["object_type", "object_id"], name="audit_object"),
        ),
        migrations.AddConstraint(
            model_name="enterprise",
            constraint=models.CheckConstraint(condition=models.Q(("one", True)), name="enterprise_only_one"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["user", "-id"], name="notification_user"),
        ),
        migrations.AddConstraint(
            model_name="savedtable",
            constraint=models.UniqueConstraint(fields=("user", "table", "name"), name="saved_table_once"),
        ),
    ]
