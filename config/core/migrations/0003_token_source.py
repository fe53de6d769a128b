"""What a token was given for, to whom, and under which password. Nobody had one before: the defaults fill no row."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("panel", "0002_audit_guard")]
    operations = [
        migrations.AddField(
            "accesstoken",
            "session",
            models.UUIDField(db_index=True, default=uuid.uuid4, editable=False, help_text="Shared by all that were refreshed from one."),
        ),
        migrations.AddField(
            "accesstoken",
            "source",
            models.CharField(default="", help_text="What it was given for: a password, an API key.", max_length=20),
            preserve_default=False,
        ),
        migrations.AddField(
            "accesstoken", "source_id", models.BigIntegerField(blank=True, help_text="Which one, where there are several.", null=True)
        ),
        migrations.AddField(
            "accesstoken",
            "client_id",
            models.CharField(blank=True, default="", help_text="The client it was given to, which alone may refresh it.", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            "accesstoken",
            "password_mark",
            models.CharField(default="", help_text="Of the password of that moment: another one ends the token.", max_length=16),
            preserve_default=False,
        ),
        migrations.AddField("accesstoken", "ip", models.GenericIPAddressField(blank=True, null=True)),
        migrations.AddField("accesstoken", "refreshed_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddIndex("accesstoken", models.Index(fields=["user", "source", "source_id", "ip"], name="token_way_in")),
        migrations.AlterField(
            "accesstoken",
            "user",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="access_tokens",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
