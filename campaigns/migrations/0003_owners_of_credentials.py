"""Add the advertisers that credentials belong to. Those there are stay the enterprise's."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_first_ties"),
        ("core", "0004_prefix_of_credentials"),
    ]

    operations = [
        migrations.CreateModel(
            name="CredentialOwner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "advertiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="owned_credentials", to="campaigns.advertiser"
                    ),
                ),
                (
                    "credential",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="owners", to="core.credential"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("credential", "advertiser"), name="credential_owner_once")],
            },
        ),
    ]
