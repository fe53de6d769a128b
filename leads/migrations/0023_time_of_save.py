"""Keep when a bulk action was saved: it may have been a draft for weeks. `0024_time_of_earlier_saves` fills in that of earlier ones."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("leads", "0022_wizard_of_bulk_actions")]

    operations = [
        migrations.AddField(
            "bulkaction",
            "saved_at",
            models.DateTimeField(db_default=Now(), default=timezone.now, help_text="The time of Save; of a draft, that of its beginning."),
        ),
        migrations.AddIndex("bulkaction", models.Index(fields=["saved_at", "id"], condition=~Q(state="draft"), name="bulk_action_saved")),
    ]
