"""Feedback on deliveries, and the policies that it is decided by. Both are insert-only, but for the decision of feedback that waits."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models import Campaign
from integrations.models.delivery import Delivery
from leads.models import Lead
from processr.models import Job


class FeedbackPolicy(models.Model):
    """A version of an integration's policy. The newest one is in force; an integration without any takes no feedback."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, db_index=False, related_name="feedback_policies")
    version = models.PositiveIntegerField()
    body = models.JSONField(default=dict, help_text="The rules, under the names that the API has for them.")
    made_by_id = models.BigIntegerField(null=True)
    made_by_name = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "feedback policies"
        constraints = [models.UniqueConstraint(fields=["job", "version"], name="feedback_policy_version_once")]

    def __str__(self) -> str:
        return f"version {self.version} of {self.job_id}"


class Feedback(models.Model):
    """A statement of a receiver about a delivery, and what became of it.

    Campaign, publisher, job and lead are those of the delivery, for lists. `explanation` has an entry for each rule that
    was looked at. Feedback that says what earlier feedback has said of the same delivery repeats it: it is recorded, and
    changes nothing.
    """

    class Type(models.TextChoices):
        RETURN = "return", "Return"
        CONVERSION = "conversion", "Conversion"

    class State(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"
        WAITING = "waiting", "Waiting for approval"

    class CameBy(models.TextChoices):
        API = "api", "API"
        IMPORT = "import", "Import"

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, db_index=False, related_name="feedback")
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_index=False, related_name="feedback")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, db_index=False, related_name="feedback")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, db_index=False, related_name="feedback")
    publisher_id = models.BigIntegerField(null=True)
    type = models.CharField(max_length=10, choices=Type.choices)
    reason = models.CharField(max_length=255, blank=True, help_text="As the receiver has worded it.")
    state = models.CharField(max_length=8, choices=State.choices)
    refused_because = models.CharField(max_length=300, blank=True)
    explanation = models.JSONField(default=list)
    policy = models.ForeignKey(FeedbackPolicy, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    repeats = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False, related_name="repetitions")
    conflict = models.BooleanField(default=False, help_text="The opposite was accepted of the same delivery before.")
    remark = models.TextField(blank=True, help_text="By whoever decided on it.")
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(db_default=Now())
    came_by = models.CharField(max_length=6, choices=CameBy.choices, default=CameBy.API)

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [
            models.CheckConstraint(condition=~Q(state="waiting") | Q(decided_at=None), name="feedback_waits_undecided"),
        ]
        indexes = [
            models.Index(fields=["delivery", "id"], name="feedback_delivery"),
            models.Index(fields=["lead", "id"], name="feedback_lead"),
            models.Index(fields=["job", "state", "id"], name="feedback_job"),
            models.Index(fields=["campaign", "state", "id"], name="feedback_campaign"),
            models.Index(fields=["campaign", "received_at"], name="feedback_campaign_time"),
            models.Index(fields=["publisher_id", "id"], name="feedback_publisher"),
            models.Index(fields=["campaign", "id"], condition=Q(state="waiting", repeats=None), name="feedback_waiting"),
            models.Index(
                fields=["job", "received_at"],
                condition=Q(type="return", state__in=("accepted", "waiting"), repeats=None),
                name="feedback_quota",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} of delivery {self.delivery_id}: {self.state}"
