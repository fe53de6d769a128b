"""Jobs of a campaign, their groups, the value transforms before them, and the plan compiled from all of these."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models import Advertiser, Campaign
from config.core.models.names import NameField


class JobGroup(models.Model):
    """A group of jobs. The first by stage whose conditions hold runs and earns the group's points."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="job_groups")
    name = NameField(max_length=120)
    score = models.PositiveIntegerField(default=10)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "name"], name="job_group_once")]

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """A job of any of the three Processr tabs.

    Jobs are never deleted: `removed_at` keeps the rows that events refer to.
    """

    class Category(models.TextChoices):
        QUALITY = "quality", "Quality Assurance"
        ENRICHMENT = "enrichment", "Enrichment"
        INTEGRATION = "integration", "Integration"

    class OnError(models.TextChoices):
        ERROR = "error", "Count as could not be checked"
        PASS = "pass", "Count as passed"
        FAIL = "fail", "Count as failed"

    class LockState(models.TextChoices):
        NORMAL = "normal", "Normal"
        LOCKED = "locked", "Locked"
        REVIEW = "review", "Review"
        REVIEWED = "reviewed", "Reviewed"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="jobs")
    type = models.CharField(max_length=60, help_text="Key of a registered job type; never a choice list.")
    category = models.CharField(max_length=11, choices=Category.choices)
    label = NameField(max_length=120)
    stage = models.PositiveSmallIntegerField(default=10)
    score = models.PositiveIntegerField(default=10)
    hardfail = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    visible = models.BooleanField(default=True, help_text="Publishers of the campaign see the rule.")
    after_enrichment = models.BooleanField(default=False)
    on_error = models.CharField(max_length=5, choices=OnError.choices, default=OnError.ERROR)
    group = models.ForeignKey(JobGroup, on_delete=models.SET_NULL, null=True, blank=True, related_name="jobs")
    route_by_score_minimum = models.IntegerField(null=True, blank=True)
    route_by_score_maximum = models.IntegerField(null=True, blank=True)
    routing_values = models.JSONField(default=list, blank=True)
    always_deliver = models.BooleanField(default=False)
    deliver_test_leads = models.BooleanField(default=False)
    lock_state = models.CharField(max_length=8, choices=LockState.choices, default=LockState.NORMAL)
    config = models.JSONField(default=dict, blank=True)
    mapping = models.JSONField(default=list, blank=True)
    credential = models.ForeignKey("core.Credential", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["stage", "id"]
        indexes = [models.Index(fields=["campaign", "category", "stage", "id"], condition=Q(removed_at__isnull=True), name="job_campaign")]

    def __str__(self) -> str:
        return self.label


class GroupCondition(models.Model):
    """A condition of a job, which runs for leads whose field holds one of the values."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="conditions")
    field = models.CharField(max_length=80)
    values = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.field} in {self.values}"


class ValueTransform(models.Model):
    """A value transform of a campaign, or of an advertiser, where it never runs and only serves to be imported."""

    class Type(models.TextChoices):
        TRANSFORM = "transform", "Transform"
        MANIPULATE = "manipulate", "Manipulate"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, related_name="value_transforms")
    advertiser = models.ForeignKey(Advertiser, on_delete=models.CASCADE, null=True, related_name="value_transforms")
    label = NameField(max_length=120)
    type = models.CharField(max_length=10, choices=Type.choices)
    group_name = NameField(max_length=120, blank=True)
    source_field = models.CharField(max_length=80)
    new_field = models.CharField(max_length=80)
    config = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(campaign__isnull=True, advertiser__isnull=False) | Q(campaign__isnull=False, advertiser__isnull=True),
                name="transform_of_one_owner",
            )
        ]

    def __str__(self) -> str:
        return self.label


class Plan(models.Model):
    """The immutable compiled snapshot that a run follows. A new one is made at the first run after a change."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="plans")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    made_by = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="plan_once")]

    def __str__(self) -> str:
        return f"plan {self.number} of campaign {self.campaign_id}"
