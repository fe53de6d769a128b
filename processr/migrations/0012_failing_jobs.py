"""Keep since when a job fails, and tell corrections of its tally from outcomes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("processr", "0011_relative_files_of_value_imports")]

    operations = [
        migrations.AddField(
            model_name="jobtally",
            name="failing_since",
            field=models.DateTimeField(
                help_text="Since when the job could check no lead any more, or the integration could send none; empty while it can.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="jobdelta",
            name="is_correction",
            field=models.BooleanField(db_default=False, default=False, help_text="It takes earlier runs out of the tally."),
        ),
        migrations.AddIndex(
            model_name="jobtally",
            index=models.Index(condition=models.Q(("failing_since__isnull", False)), fields=["job_id"], name="job_tally_failing"),
        ),
    ]
