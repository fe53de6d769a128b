"""Give bulk actions that were there before the time of Save the time when they were begun, which is all that is known."""

from django.db import migrations
from django.db.models import F


def take_time_of_beginning(apps, _schema_editor):
    apps.get_model("leads", "BulkAction").objects.update(saved_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("leads", "0023_time_of_save")]

    operations = [migrations.RunPython(take_time_of_beginning, migrations.RunPython.noop)]
