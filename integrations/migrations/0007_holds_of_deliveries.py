"""Why a delivery is held, that of a file, and those that arrived while their lead was not Valid."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0006_first_destinations_and_messages")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="arrived_while_not_valid",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="It was sent, and its lead was Valid no longer when that was recorded (decision 34).",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="held_for",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Why it waits, beside its turn: a key of HeldFor, while it is queued.",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting"),
                    ("sending", "Being sent"),
                    ("in_file", "In a file"),
                    ("sent", "Sent"),
                    ("failed", "Given up"),
                    ("needs_person", "Needs a person"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="queued",
                max_length=12,
            ),
        ),
    ]
