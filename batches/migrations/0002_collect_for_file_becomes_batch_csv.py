"""Jobs of the type Collect for file become Batch CSV, without a schedule, destination or columns. What they have queued stays queued."""

from django.db import migrations


def become_batch_csv(apps, _schema_editor):
    apps.get_model("processr", "Job").objects.filter(type="collect").update(type="batch_csv")


def become_collect(apps, _schema_editor):
    """Take back those that nobody has set up since: the others would lose what they are."""
    jobs = apps.get_model("processr", "Job").objects.filter(type="batch_csv")
    jobs.exclude(config__has_key="destination").update(type="collect")


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0001_first_tables"),
    ]

    operations = [
        migrations.RunPython(become_batch_csv, become_collect),
    ]
