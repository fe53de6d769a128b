"""Attempts at messages in the event log."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("processr", "0017_addresses_in_the_value_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("flow", "Flow"),
                    ("provider", "Provider"),
                    ("delivery", "Delivery"),
                    ("feedback", "Feedback"),
                    ("message", "Message"),
                ],
                max_length=8,
            ),
        ),
    ]
