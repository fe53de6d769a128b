"""The audit trail and its seals refuse UPDATE and DELETE."""

from django.db import migrations

from config.core.triggers import AUDIT_GUARD, AUDIT_GUARD_REVERSE


class Migration(migrations.Migration):
    dependencies = [("core", "0001_first_tables")]
    operations = [migrations.RunSQL(AUDIT_GUARD, AUDIT_GUARD_REVERSE)]
