"""Add the limit on the different values that may be checked in a day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_owners_of_credentials")]
    operations = [
        migrations.AddField(
            model_name="campaign",
            name="checked_values_per_day",
            field=models.PositiveIntegerField(
                db_default=20000,
                default=20000,
                help_text="How many different values one API user may check against one job in a day. Repeated ones are free.",
            ),
        ),
    ]
