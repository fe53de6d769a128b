import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("campaigns", "0001_first_tables"),
        ("core", "0001_first_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="advertiser",
            name="account_manager",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="advertiser",
            name="campaign_manager",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="agency",
            name="advertisers",
            field=models.ManyToManyField(blank=True, related_name="agencies", to="campaigns.advertiser"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="user",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="api_keys", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="campaign",
            name="account_manager",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="advertiser",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="campaigns", to="campaigns.advertiser"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="campaign_manager",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="currency",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.currency"),
        ),
        migrations.AddField(
            model_name="campaignform",
            name="campaign",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="campaign_forms", to="campaigns.campaign"),
        ),
        migrations.AddField(
            model_name="campaignlink",
            name="campaign",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="links", to="campaigns.campaign"),
        ),
        migrations.AddField(
            model_name="campaignpublisher",
            name="campaign",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="contracts", to="campaigns.campaign"),
        ),
        migrations.AddField(
            model_name="campaignform",
            name="form",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="campaign_forms", to="campaigns.form"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="forms",
            field=models.ManyToManyField(related_name="campaigns", through="campaigns.CampaignForm", to="campaigns.form"),
        ),
        migrations.AddField(
            model_name="formfield",
            name="form",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="fields", to="campaigns.form"),
        ),
        migrations.AddField(
            model_name="membership",
            name="advertiser",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="campaigns.advertiser"
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="agency",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="campaigns.agency"
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="user",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="membership",
            name="publisher",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="campaigns.publisher"
            ),
        ),
        migrations.AddField(
            model_name="campaignpublisher",
            name="publisher",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="contracts", to="campaigns.publisher"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="publishers",
            field=models.ManyToManyField(related_name="campaigns", through="campaigns.CampaignPublisher", to="campaigns.publisher"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="publisher",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="api_keys", to="campaigns.publisher"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignform",
            constraint=models.UniqueConstraint(fields=("campaign", "form"), name="campaign_form_once"),
        ),
        migrations.AddConstraint(
            model_name="formfield",
            constraint=models.UniqueConstraint(fields=("form", "name"), name="form_field_once"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("advertiser__isnull", True), ("agency__isnull", False), ("publisher__isnull", True)),
                    models.Q(("advertiser__isnull", False), ("agency__isnull", True), ("publisher__isnull", True)),
                    models.Q(("advertiser__isnull", True), ("agency__isnull", True), ("publisher__isnull", False)),
                    _connector="OR",
                ),
                name="membership_of_one_party",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("user", "agency", "advertiser", "publisher"), name="membership_once", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            model_name="campaignpublisher",
            index=models.Index(fields=["publisher", "campaign"], name="contract_publisher"),
        ),
        migrations.AddConstraint(
            model_name="campaignpublisher",
            constraint=models.UniqueConstraint(fields=("campaign", "publisher"), name="contract_once"),
        ),
        migrations.AddConstraint(
            model_name="campaignpublisher",
            constraint=models.CheckConstraint(
                condition=models.Q(("cap__isnull", False), ("slots_taken__isnull", True), _connector="OR"),
                name="contract_slots_only_with_cap",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("threshold__gte", 1), ("threshold__lte", 100)), name="campaign_threshold_percent"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__isnull", True), ("end__gt", models.F("start")), _connector="OR"), name="campaign_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("lead_volume__isnull", False), ("slots_taken__isnull", True), _connector="OR"),
                name="campaign_slots_with_volume",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lead_volume__isnull", True), ("uncapped", True)),
                    models.Q(("lead_volume__isnull", False), ("uncapped", False)),
                    _connector="OR",
                ),
                name="campaign_volume_or_uncapped",
            ),
        ),
    ]
