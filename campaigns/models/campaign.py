"""The campaign: what an advertiser orders, for which period and at which price."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from campaigns.models.form import Form
from campaigns.models.party import Advertiser, Publisher
from config.core.models.names import NameField

LONGEST_PROCESS_DELAY = 30 * 24 * 60
"""In minutes."""


class Campaign(models.Model):
    """A campaign of an advertiser.

    `slots_taken` is null while the campaign has no allocation. `plan_number` increases with every change to the
    processing of its leads. `served_at` is the time of the engine's last turn on it.
    """

    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="campaigns")
    name = NameField(max_length=160)
    start = models.DateTimeField()
    end = models.DateTimeField(null=True, blank=True)
    end_extension = models.PositiveSmallIntegerField(default=0, help_text="Days after the end in which leads are still taken.")
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=255, blank=True)
    pause_integrations = models.BooleanField(default=False)
    resume_at = models.DateTimeField(null=True, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True, help_text="When the advertiser signed; unsigned reads Setup Required.")

    country = models.CharField(max_length=2, blank=True)
    sector = models.CharField(max_length=80, blank=True)
    category = models.CharField(max_length=80, blank=True)
    market = models.CharField(max_length=3, choices=[("b2b", "B2B"), ("b2c", "B2C")], default="b2b")
    reference = models.CharField("purchase order", max_length=80, blank=True)
    account_manager = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    campaign_manager = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    currency = models.ForeignKey("core.Currency", on_delete=models.PROTECT, related_name="+")
    contract_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    lead_volume = models.PositiveIntegerField(null=True, blank=True, help_text="The allocation; empty when uncapped.")
    uncapped = models.BooleanField(default=False)
    slots_taken = models.PositiveIntegerField(null=True, editable=False)
    advertiser_payout = models.DecimalField(max_digits=12, decimal_places=4, default=0, help_text="Per billable lead.")
    default_publisher_payout = models.DecimalField(max_digits=12, decimal_places=4, default=0)

    threshold = models.PositiveSmallIntegerField(default=80, help_text="Percent of the score at which a lead is Caution, not Invalid.")
    use_value_transforms = models.BooleanField(default=True)
    test_mode = models.BooleanField(default=False, help_text="Every lead that arrives is a test.")
    hold_over_delivery = models.BooleanField(
        default=False,
        help_text="Valid leads beyond the volume, or beyond their publisher's cap, wait until somebody releases them. The campaign "
        "then goes on taking leads when it is full. Neither a higher volume nor switching this off releases any.",
    )
    process_delay = models.PositiveIntegerField(
        "lead process delay",
        default=0,
        db_default=0,
        validators=[MaxValueValidator(LONGEST_PROCESS_DELAY)],
        help_text="Minutes after their arrival before which leads are not delivered; 0 for none. A change is for deliveries queued "
        "from then on: what waits already keeps its time.",
    )
    allow_bulk_edit = models.BooleanField(default=False)
    publisher_imports = models.BooleanField(default=False)
    call_centre = models.BooleanField(default=False)
    accept_webhook_verdicts = models.BooleanField(default=True)
    accept_lead_appends = models.BooleanField(default=True, db_default=True)
    checked_values_per_day = models.PositiveIntegerField(
        default=20_000,
        db_default=20_000,
        help_text="How many different values one API user may check against one job in a day. Repeated ones are free.",
    )
    is_template = models.BooleanField(default=False)

    api_key_digest = models.CharField(max_length=64, unique=True)
    api_key_sealed = models.BinaryField(editable=False, help_text="Encrypted: the key is shown again to those who set the campaign up.")
    plan_number = models.PositiveIntegerField(default=1, editable=False)
    served_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    forms = models.ManyToManyField(Form, through="campaigns.CampaignForm", related_name="campaigns")
    publishers = models.ManyToManyField(Publisher, through="campaigns.CampaignPublisher", related_name="campaigns")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(threshold__gte=1, threshold__lte=100), name="campaign_threshold_percent"),
            models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="campaign_ends_after_start"),
            models.CheckConstraint(condition=Q(lead_volume__isnull=False) | Q(slots_taken__isnull=True), name="campaign_slots_with_volume"),
            models.CheckConstraint(
                condition=Q(uncapped=True, lead_volume__isnull=True) | Q(uncapped=False, lead_volume__isnull=False),
                name="campaign_volume_or_uncapped",
            ),
        ]

    def __str__(self) -> str:
        return self.name
