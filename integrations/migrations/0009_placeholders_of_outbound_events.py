"""Seal the headers of outbound events, whose values are secrets, and keep the names of placeholders. There are no events yet."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0008_index_of_deliveries_not_valid"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="outboundevent",
            name="headers",
        ),
        migrations.AddField(
            model_name="outboundevent",
            name="placeholders",
            field=models.JSONField(default=list, editable=False, help_text="Their names in the address and in the headers."),
        ),
        migrations.AddField(
            model_name="outboundevent",
            name="sealed_headers",
            field=models.BinaryField(default=b"", help_text="Encrypted JSON of names and values; empty for none."),
        ),
        migrations.AddField(
            model_name="outboundevent",
            name="updated_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
    ]
