"""Keep the pictures of people that enrichment names, and which of them are to be fetched."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0029_index_of_links"),
    ]

    operations = [
        migrations.CreateModel(
            name="LeadPicture",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="picture",
                        serialize=False,
                        to="leads.lead",
                    ),
                ),
                ("address", models.TextField()),
                ("content", models.BinaryField(default=b"")),
                (
                    "content_type",
                    models.CharField(blank=True, help_text="By its first bytes; empty while there is no picture.", max_length=20),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(help_text="The next attempt; empty when there is none.", null=True)),
                ("fetched_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="lead_picture_due")],
            },
        ),
    ]
