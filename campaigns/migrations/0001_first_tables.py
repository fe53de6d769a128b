from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Advertiser",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=160, unique=True)),
                ("first_name", models.CharField(blank=True, max_length=80)),
                ("last_name", models.CharField(blank=True, max_length=80)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("telephone", models.CharField(blank=True, max_length=40)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("url", models.URLField(blank=True)),
                ("notes", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("autosign_contracts", models.BooleanField(default=False)),
                ("publisher_terms", models.TextField(blank=True)),
                ("visible_fields", models.JSONField(blank=True, default=list, help_text="Lead fields its users see unmasked.")),
            ],
            options={
                "ordering": ["name"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Agency",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=160, unique=True)),
                ("first_name", models.CharField(blank=True, max_length=80)),
                ("last_name", models.CharField(blank=True, max_length=80)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("telephone", models.CharField(blank=True, max_length=40)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("url", models.URLField(blank=True)),
                ("notes", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "agencies",
                "ordering": ["name"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prefix", models.CharField(max_length=12)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_on", models.DateField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=160)),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField(blank=True, null=True)),
                (
                    "end_extension",
                    models.PositiveSmallIntegerField(default=0, help_text="Days after the end in which leads are still taken."),
                ),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("pause_reason", models.CharField(blank=True, max_length=255)),
                ("pause_integrations", models.BooleanField(default=False)),
                ("resume_at", models.DateTimeField(blank=True, null=True)),
                (
                    "signed_at",
                    models.DateTimeField(blank=True, help_text="When the advertiser signed; unsigned reads Setup Required.", null=True),
                ),
                ("country", models.CharField(blank=True, max_length=2)),
                ("sector", models.CharField(blank=True, max_length=80)),
                ("category", models.CharField(blank=True, max_length=80)),
                ("market", models.CharField(choices=[("b2b", "B2B"), ("b2c", "B2C")], default="b2b", max_length=3)),
                ("reference", models.CharField(blank=True, max_length=80, verbose_name="purchase order")),
                ("contract_value", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("lead_volume", models.PositiveIntegerField(blank=True, help_text="The allocation; empty when uncapped.", null=True)),
                ("uncapped", models.BooleanField(default=False)),
                ("slots_taken", models.PositiveIntegerField(editable=False, null=True)),
                ("advertiser_payout", models.DecimalField(decimal_places=4, default=0, help_text="Per billable lead.", max_digits=12)),
                ("default_publisher_payout", models.DecimalField(decimal_places=4, default=0, max_digits=12)),
                (
                    "threshold",
                    models.PositiveSmallIntegerField(default=80, help_text="Percent of the score at which a lead is Caution, not Invalid."),
                ),
                ("use_value_transforms", models.BooleanField(default=True)),
                ("test_mode", models.BooleanField(default=False, help_text="Every lead that arrives is a test.")),
                ("hold_over_delivery", models.BooleanField(default=False)),
                ("allow_bulk_edit", models.BooleanField(default=False)),
                ("publisher_imports", models.BooleanField(default=False)),
                ("call_centre", models.BooleanField(default=False)),
                ("accept_webhook_verdicts", models.BooleanField(default=True)),
                ("is_template", models.BooleanField(default=False)),
                ("api_key_digest", models.CharField(max_length=64, unique=True)),
                ("api_key_sealed", models.BinaryField(help_text="Encrypted: the key is shown again to those who set the campaign up.")),
                ("plan_number", models.PositiveIntegerField(default=1, editable=False)),
                ("served_at", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="CampaignForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("added_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="CampaignLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("channel", models.CharField(blank=True, max_length=60)),
                ("destination", models.URLField(blank=True, max_length=500)),
                ("placeholder", models.CharField(blank=True, max_length=40)),
                ("status", models.CharField(choices=[("active", "Active"), ("archived", "Archived")], default="active", max_length=8)),
                ("notes", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="CampaignPublisher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("type", models.CharField(choices=[("cpl", "CPL"), ("fixed", "Fixed")], default="cpl", max_length=5)),
                (
                    "payout",
                    models.DecimalField(
                        decimal_places=4, default=0, help_text="Per billable lead, in the campaign's currency.", max_digits=12
                    ),
                ),
                ("contract_value", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("minimum_leads", models.PositiveIntegerField(blank=True, null=True)),
                ("cap", models.PositiveIntegerField(blank=True, null=True)),
                ("slots_taken", models.PositiveIntegerField(editable=False, null=True)),
                ("terms", models.TextField(blank=True)),
                ("signed_at", models.DateTimeField(blank=True, null=True)),
                ("signed_by", models.CharField(blank=True, max_length=160)),
                ("enabled", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Form",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("slug", models.SlugField(max_length=120, unique=True)),
                ("language", models.CharField(default="en", max_length=10)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="FormField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="As publishers send it: form[name].", max_length=80)),
                ("label", models.CharField(max_length=120)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("textarea", "Textarea"),
                            ("email", "Email"),
                            ("telephone", "Telephone"),
                            ("number", "Number"),
                            ("date", "Date"),
                            ("dropdown", "Dropdown"),
                            ("radio", "Radio"),
                            ("checkbox", "Checkbox"),
                            ("hidden", "Hidden"),
                            ("optin", "Optin"),
                        ],
                        default="text",
                        max_length=10,
                    ),
                ),
                ("required", models.BooleanField(default=False)),
                ("enabled", models.BooleanField(default=True)),
                ("placeholder", models.CharField(blank=True, max_length=120)),
                ("css_class", models.CharField(blank=True, max_length=80, verbose_name="CSS class")),
                ("options", models.JSONField(blank=True, default=list, help_text="[[key, value], …] of a drop-down or radio field.")),
                ("max_length", models.PositiveIntegerField(default=2000)),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.CreateModel(
            name="Publisher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=160, unique=True)),
                ("first_name", models.CharField(blank=True, max_length=80)),
                ("last_name", models.CharField(blank=True, max_length=80)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("telephone", models.CharField(blank=True, max_length=40)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("url", models.URLField(blank=True)),
                ("notes", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name"],
                "abstract": False,
            },
        ),
    ]
