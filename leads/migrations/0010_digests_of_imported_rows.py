"""Give leads the digest of the row that they were imported as, and imports the mark of those that leave out rows of earlier ones."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0009_normal_forms_of_values")]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="row_digest",
            field=models.UUIDField(help_text="Digest of the imported row, by which it is known when it comes again.", null=True),
        ),
        migrations.AddField(
            model_name="leadimport",
            name="again",
            field=models.BooleanField(db_default=False, default=False, help_text="Rows that earlier imports have stored are left out."),
        ),
        migrations.AlterField(
            model_name="leadimport",
            name="repeated",
            field=models.PositiveBigIntegerField(default=0, help_text="Rows whose lead was there already."),
        ),
    ]
