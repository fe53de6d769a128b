"""The lead. Only `leads.lifecycle` writes its status columns."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from campaigns.models import Campaign, CampaignLink, Form, Publisher
from leads.statuses import CurrentStatus, DeliveryStatus, EntryPoint, ProcessrStatus, QaStatus, SecondCheck

LIVE = Q(deleted_at__isnull=True)
BY_BYTE = "C"
"""The collation of searched columns: one index then serves equality, prefix and order."""


class Lead(models.Model):
    """One person's answers to one form. Captured values are JSON, because a lead is read and written whole."""

    lead_hash = models.CharField(max_length=32, unique=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="leads", db_index=False)
    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, null=True, related_name="leads", db_index=False)
    link = models.ForeignKey(CampaignLink, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    publisher_sub_id = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(max_length=120, null=True)

    captured = models.JSONField(default=dict)
    transformed = models.JSONField(default=dict)
    enriched = models.JSONField(default=dict)
    email = models.CharField(max_length=320, db_collation=BY_BYTE, blank=True)
    phone = models.CharField(max_length=40, db_collation=BY_BYTE, blank=True)
    name_key = models.CharField(max_length=200, db_collation=BY_BYTE, blank=True)
    # The same of the values that transforms made, null where they made no other: jobs compare these, and people search by those above.
    transformed_email = models.CharField(max_length=320, db_collation=BY_BYTE, null=True)
    transformed_phone = models.CharField(max_length=40, db_collation=BY_BYTE, null=True)
    transformed_name_key = models.CharField(max_length=200, db_collation=BY_BYTE, null=True)

    ip = models.GenericIPAddressField(null=True)
    host = models.CharField(max_length=255, blank=True)
    user_agent = models.CharField(max_length=500, blank=True)
    entry_point = models.CharField(max_length=13, choices=EntryPoint.choices)
    landing_page_url = models.CharField(max_length=2000, blank=True)
    request_id = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="Of the request that brought the lead, as in the logs."
    )
    opt_in = models.BooleanField(null=True)
    double_opt_in = models.BooleanField(null=True)
    imported = models.BooleanField(default=False)
    row_digest = models.UUIDField(null=True, help_text="Digest of the imported row, by which it is known when it comes again.")
    suppressed = models.BooleanField(default=False)

    processr_status = models.CharField(max_length=10, choices=ProcessrStatus.choices, default=ProcessrStatus.WAITING)
    qa_status = models.CharField(max_length=7, choices=QaStatus.choices, blank=True)
    second_check = models.CharField(max_length=7, choices=SecondCheck.choices, blank=True)
    current_status = models.CharField(max_length=7, choices=CurrentStatus.choices, default=CurrentStatus.PENDING)
    arrived_as_test = models.BooleanField(default=False, db_default=False, help_text="Never billable, whatever becomes of it.")
    delivery_status = models.CharField(max_length=13, choices=DeliveryStatus.choices, default=DeliveryStatus.NOT_DELIVERED)
    hold_reason = models.CharField(max_length=20, blank=True)

    score = models.IntegerField(default=0)
    max_score = models.IntegerField(default=0)
    hardfail = models.BooleanField(default=False)
    errored = models.BooleanField(default=False)
    processing_counter = models.PositiveIntegerField(default=0)
    qa_result = models.JSONField(default=dict)
    failed_jobs = ArrayField(models.BigIntegerField(), default=list)

    publisher_billable = models.BooleanField(default=False)
    advertiser_billable = models.BooleanField(default=False)
    over_allocation = models.BooleanField(default=False)
    contract_slot = models.BooleanField(default=False, help_text="Holds a slot of its publisher's cap.")
    campaign_slot = models.BooleanField(default=False, help_text="Holds a slot of the campaign's allocation.")
    publisher_payout = models.DecimalField(max_digits=12, decimal_places=4, default=0)
    publisher_payout_base = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    advertiser_payout = models.DecimalField(max_digits=12, decimal_places=4, default=0)
    advertiser_payout_base = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    replacement_type = models.CharField(max_length=20, blank=True)
    replacement_comment = models.TextField(blank=True)
    first_delivered_at = models.DateTimeField(null=True)

    # The present flag (decision 36); empty while second_check is. The defaults of the database are for programs of the last version,
    # which still insert leads while a new one is installed.
    flag_reason = models.CharField(max_length=255, blank=True, default="", db_default="")
    flag_category = models.CharField(max_length=120, blank=True, default="", db_default="")
    flag_comment = models.TextField(blank=True, default="", db_default="")
    flagged_by = models.CharField(max_length=150, blank=True, default="", db_default="", help_text="The name at that time.")
    flagged_at = models.DateTimeField(null=True)

    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=0)
    captured_revision = models.PositiveIntegerField(
        default=0, db_default=0, help_text="The revision with which captured values changed last; 0 while they are as they came."
    )
    lane = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "publisher", "external_id"],
                condition=Q(external_id__isnull=False),
                nulls_distinct=False,
                name="lead_external_id_once",
            ),
            models.CheckConstraint(
                condition=(
                    (Q(second_check="") & Q(qa_status="") & Q(current_status="pending"))
                    | (Q(second_check="") & ~Q(qa_status="") & Q(current_status=F("qa_status")))
                    | (~Q(second_check="") & Q(current_status=F("second_check")))
                ),
                name="lead_current_status_follows",
            ),
            models.CheckConstraint(
                condition=(Q(processr_status="held") & ~Q(hold_reason__in=("", "over_delivery")))
                | (~Q(processr_status="held") & Q(hold_reason__in=("", "over_delivery"))),
                name="lead_hold_has_its_reason",
            ),
            models.CheckConstraint(
                condition=~Q(hold_reason="over_delivery")
                | Q(
                    current_status="valid",
                    delivery_status="not_delivered",
                    contract_slot=False,
                    campaign_slot=False,
                    publisher_billable=False,
                    advertiser_billable=False,
                ),
                name="lead_held_over_delivery_is_not_billed",
            ),
            models.CheckConstraint(
                condition=(Q(processr_status="processing") & Q(claim__isnull=False, claimed_at__isnull=False))
                | (~Q(processr_status="processing") & Q(claim__isnull=True, claimed_at__isnull=True)),
                name="lead_processing_is_claimed",
            ),
            models.CheckConstraint(
                condition=~Q(publisher_billable=True, over_allocation=True),
                name="lead_over_allocation_pays_no_publisher",
            ),
        ]
        indexes = [
            # Each order of the list is (column, id) over visible leads.
            models.Index(fields=["campaign", "id"], condition=LIVE, name="lead_campaign"),
            models.Index(fields=["campaign", "current_status", "id"], condition=LIVE, name="lead_campaign_status"),
            models.Index(fields=["publisher", "id"], condition=LIVE, name="lead_publisher"),
            # For the statistics of links, which the tallies do not know.
            models.Index(fields=["link", "created_at"], condition=LIVE & Q(link__isnull=False), name="lead_link"),
            models.Index(fields=["current_status", "id"], condition=LIVE, name="lead_status"),
            models.Index(fields=["delivery_status", "id"], condition=LIVE, name="lead_delivery"),
            models.Index(fields=["advertiser_billable", "id"], condition=LIVE, name="lead_billable"),
            models.Index(fields=["score", "id"], condition=LIVE, name="lead_score"),
            models.Index(fields=["flag_reason", "id"], condition=LIVE & ~Q(flag_reason=""), name="lead_flag_reason"),
            models.Index(fields=["created_at", "id"], condition=LIVE, name="lead_created"),
            # The index includes the campaign: duplicates are looked up within one campaign, without reading rows of others.
            models.Index(fields=["email", "id", "campaign"], name="lead_email"),
            models.Index(fields=["phone", "id"], name="lead_phone"),
            models.Index(fields=["name_key", "id"], condition=~Q(name_key=""), name="lead_name"),
            models.Index(fields=["row_digest", "id"], condition=LIVE & Q(row_digest__isnull=False), name="lead_row_digest"),
            models.Index(
                fields=["transformed_email", "id", "campaign"], condition=Q(transformed_email__isnull=False), name="lead_transformed_email"
            ),
            models.Index(fields=["transformed_phone", "id"], condition=Q(transformed_phone__isnull=False), name="lead_transformed_phone"),
            models.Index(
                fields=["transformed_name_key", "id"], condition=Q(transformed_name_key__isnull=False), name="lead_transformed_name"
            ),
            # For leads posted in quick succession from one address. Imported leads have no address of their own.
            # Deleted leads are included, so that no other index serves that query (processr.duplicates.by_ip).
            models.Index(fields=["ip", "campaign", "created_at"], condition=Q(imported=False, ip__isnull=False), name="lead_ip"),
            models.Index(fields=["lane", "campaign", "id"], condition=LIVE & Q(processr_status="waiting"), name="lead_waiting"),
            models.Index(fields=["claimed_at"], condition=Q(processr_status="processing"), name="lead_claimed"),
            models.Index(fields=["campaign", "hold_reason", "id"], condition=LIVE & ~Q(hold_reason=""), name="lead_on_hold"),
            models.Index(fields=["campaign", "id"], condition=LIVE & Q(errored=True), name="lead_errored"),
            models.Index(fields=["id"], condition=LIVE & Q(errored=True), name="lead_errored_any"),
            GinIndex(fields=["failed_jobs"], condition=~Q(failed_jobs=[]), name="lead_failed_jobs"),
        ]

    def __str__(self) -> str:
        return f"lead {self.pk}"

    @property
    def values(self) -> dict[str, str]:
        """The values for jobs and pages: transformed values over captured ones, and enrichment under its own names."""
        return {**self.enriched, **self.captured, **self.transformed}
