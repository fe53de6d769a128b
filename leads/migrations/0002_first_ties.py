import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("campaigns", "0002_first_ties"),
        ("leads", "0001_first_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkaction",
            name="started_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="bulkchunk",
            name="action",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="leads.bulkaction"),
        ),
        migrations.AddField(
            model_name="columnmap",
            name="advertiser",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="column_maps", to="campaigns.advertiser"
            ),
        ),
        migrations.AddField(
            model_name="columnmap",
            name="user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="column_maps", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="dailytally",
            index=models.Index(condition=models.Q(("day__isnull", True)), fields=["campaign_id"], name="tally_total"),
        ),
        migrations.AddIndex(
            model_name="dailytally",
            index=models.Index(condition=models.Q(("day__isnull", False)), fields=["campaign_id", "day"], name="tally_day"),
        ),
        migrations.AddConstraint(
            model_name="dailytally",
            constraint=models.UniqueConstraint(
                fields=(
                    "campaign_id",
                    "publisher_id",
                    "day",
                    "current_status",
                    "delivery_status",
                    "publisher_billable",
                    "advertiser_billable",
                ),
                name="daily_tally_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="flagreason",
            constraint=models.UniqueConstraint(fields=("flag", "name"), name="flag_reason_once"),
        ),
        migrations.AddField(
            model_name="flagreasoncategory",
            name="reason",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="categories", to="leads.flagreason"),
        ),
        migrations.CreateModel(
            name="LeadSearch",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="leads.lead",
                    ),
                ),
                ("campaign_id", models.BigIntegerField()),
                ("tsv", django.contrib.postgres.search.SearchVectorField()),
            ],
        ),
        migrations.AddField(
            model_name="lead",
            name="campaign",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="leads", to="campaigns.campaign"
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="form",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.form"
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="link",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.campaignlink"
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="publisher",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="leads", to="campaigns.publisher"
            ),
        ),
        migrations.AddField(
            model_name="leadexport",
            name="started_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="leadimport",
            name="campaign",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="campaigns.campaign"),
        ),
        migrations.AddField(
            model_name="leadimport",
            name="form",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.form"),
        ),
        migrations.AddField(
            model_name="leadimport",
            name="link",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.campaignlink"),
        ),
        migrations.AddField(
            model_name="leadimport",
            name="publisher",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.publisher"),
        ),
        migrations.AddField(
            model_name="leadimport",
            name="started_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name="leadnote",
            index=models.Index(fields=["lead_id", "id"], name="note_lead"),
        ),
        migrations.AddField(
            model_name="priceentry",
            name="contract",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.campaignpublisher"
            ),
        ),
        migrations.AddField(
            model_name="priceentry",
            name="lead",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="price_entries", to="leads.lead"
            ),
        ),
        migrations.AddIndex(
            model_name="tallydelta",
            index=models.Index(fields=["campaign_id"], name="delta_campaign"),
        ),
        migrations.AddConstraint(
            model_name="bulkchunk",
            constraint=models.UniqueConstraint(fields=("action", "position"), name="bulk_chunk_once"),
        ),
        migrations.AddConstraint(
            model_name="flagreasoncategory",
            constraint=models.UniqueConstraint(fields=("reason", "name"), name="flag_reason_category_once"),
        ),
        migrations.AddIndex(
            model_name="leadsearch",
            index=django.contrib.postgres.indexes.GinIndex(fields=["tsv"], name="lead_search_tsv"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["campaign", "id"], name="lead_campaign"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True)), fields=["campaign", "current_status", "id"], name="lead_campaign_status"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["publisher", "id"], name="lead_publisher"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["current_status", "id"], name="lead_status"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["delivery_status", "id"], name="lead_delivery"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True)), fields=["advertiser_billable", "id"], name="lead_billable"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["score", "id"], name="lead_score"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["created_at", "id"], name="lead_created"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["email", "id", "campaign"], name="lead_email"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["phone", "id"], name="lead_phone"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("name_key", ""), _negated=True), fields=["name_key", "id"], name="lead_name"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("processr_status", "waiting")),
                fields=["lane", "campaign", "id"],
                name="lead_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(condition=models.Q(("processr_status", "processing")), fields=["claimed_at"], name="lead_claimed"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("processr_status", "held")),
                fields=["campaign", "hold_reason", "id"],
                name="lead_held",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("failed_jobs", []), _negated=True), fields=["failed_jobs"], name="lead_failed_jobs"
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id__isnull", False)),
                fields=("campaign", "publisher", "external_id"),
                name="lead_external_id_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("second_check", ""), ("qa_status", ""), ("current_status", "pending")),
                    models.Q(("second_check", ""), models.Q(("qa_status", ""), _negated=True), ("current_status", models.F("qa_status"))),
                    models.Q(models.Q(("second_check", ""), _negated=True), ("current_status", models.F("second_check"))),
                    _connector="OR",
                ),
                name="lead_current_status_follows",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("processr_status", "held"), models.Q(("hold_reason", ""), _negated=True)),
                    models.Q(models.Q(("processr_status", "held"), _negated=True), ("hold_reason", "")),
                    _connector="OR",
                ),
                name="lead_held_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("processr_status", "processing"), ("claim__isnull", False), ("claimed_at__isnull", False)),
                    models.Q(
                        models.Q(("processr_status", "processing"), _negated=True), ("claim__isnull", True), ("claimed_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="lead_processing_is_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("over_allocation", True), ("publisher_billable", True), _negated=True),
                name="lead_over_allocation_pays_no_publisher",
            ),
        ),
        migrations.AddIndex(
            model_name="priceentry",
            index=models.Index(fields=["lead", "side"], name="price_lead"),
        ),
        migrations.AddConstraint(
            model_name="priceentry",
            constraint=models.CheckConstraint(condition=models.Q(("sign__in", [1, -1])), name="price_sign"),
        ),
    ]
