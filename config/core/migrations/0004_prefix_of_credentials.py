"""Add the addresses that a credential is limited to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0003_notifications")]
    operations = [
        migrations.AddField(
            model_name="credential",
            name="address_prefix",
            field=models.CharField(
                blank=True, default="", help_text="The secret is sent to addresses below this one only.", max_length=200
            ),
            preserve_default=False,
        ),
    ]
