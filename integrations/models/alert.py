"""Alerts: what the users of a campaign are alerted to, and what they have been alerted to already."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from campaigns.models import Campaign


class CampaignAlerts(models.Model):
    """The alerts that a campaign's users get. A campaign without a row has the defaults."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="alerts")
    no_lead_hours = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Hours without a lead, while the campaign is active; empty for never.",
    )
    invalid_percent = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text="More Invalid ones than this of a day's judged leads; empty for never.",
    )
    invalid_at_least = models.PositiveIntegerField(default=50, help_text="Judged leads of a day below which the rate says nothing.")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "alerts of campaigns"

    def __str__(self) -> str:
        return f"alerts of campaign {self.campaign_id}"


class ToldAlert(models.Model):
    """An alert that was given. As long as the row is there it is not given again: until the episode or the period is over."""

    key = models.CharField(max_length=80, unique=True, help_text="What it is about, with its period if it has one.")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, db_index=False, related_name="+")
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.key
