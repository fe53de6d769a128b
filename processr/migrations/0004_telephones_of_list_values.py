"""Keep beside the values of lists the form in which those that are telephone numbers are compared."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("processr", "0003_attempts_of_lead")]
    operations = [
        migrations.AddField(
            "validationlistvalue",
            "telephone",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The value in the form of telephone numbers, if it is one.",
                max_length=40,
            ),
        ),
    ]
