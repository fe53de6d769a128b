"""Create the queue of the e-mails for people who have forgotten their password."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0004_prefix_of_credentials")]
    operations = [
        migrations.CreateModel(
            name="PasswordRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("due_at", models.DateTimeField(db_index=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
    ]
