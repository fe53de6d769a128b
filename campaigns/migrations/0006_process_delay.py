"""The time for which a campaign's leads wait before they are delivered."""

from django.core.validators import MaxValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0005_appends_to_leads")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="process_delay",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="Minutes after their arrival before which leads are not delivered; 0 for none. A change is for deliveries queued "
                "from then on: what waits already keeps its time.",
                validators=[MaxValueValidator(43_200)],
                verbose_name="lead process delay",
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="hold_over_delivery",
            field=models.BooleanField(
                default=False,
                help_text="Valid leads beyond the volume, or beyond their publisher's cap, wait until somebody releases them. The campaign "
                "then goes on taking leads when it is full. Neither a higher volume nor switching this off releases any.",
            ),
        ),
    ]
