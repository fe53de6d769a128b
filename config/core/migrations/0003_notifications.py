"""Kinds, keys and e-mails of notifications. Nothing has written to their table so far, so it is empty on every installation."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("core", "0002_audit_guard")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="mailed_kinds",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                blank=True,
                default=list,
                help_text="Kinds of notifications that also come by e-mail.",
                size=None,
                verbose_name="by e-mail too",
            ),
        ),
        migrations.RemoveIndex(model_name="notification", name="notification_user"),
        migrations.AddField(
            model_name="notification",
            name="kind",
            field=models.CharField(default="", help_text="Key of a notification kind; never a choice list.", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="notification",
            name="key",
            field=models.CharField(default="", help_text="What it is about: one unread notification for each user and key.", max_length=80),
            preserve_default=False,
        ),
        migrations.AddField(model_name="notification", name="mail_due_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(model_name="notification", name="mail_attempts", field=models.PositiveSmallIntegerField(default=0)),
        migrations.AddField(model_name="notification", name="mailed_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AlterField(
            model_name="notification",
            name="user",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="notifications", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(model_name="notification", index=models.Index(fields=["user", "at", "id"], name="notification_user")),
        migrations.AddIndex(model_name="notification", index=models.Index(fields=["at"], name="notification_at")),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(condition=Q(mail_due_at__isnull=False), fields=["mail_due_at"], name="notification_mail"),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.UniqueConstraint(condition=Q(read_at=None), fields=("user", "key"), name="notification_unread_once"),
        ),
    ]
