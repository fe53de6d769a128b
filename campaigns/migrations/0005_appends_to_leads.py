"""Add the switch that lets whoever knows the hash of a lead add values to it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_values_checked_per_day")]
    operations = [
        migrations.AddField(model_name="campaign", name="accept_lead_appends", field=models.BooleanField(db_default=True, default=True)),
    ]
