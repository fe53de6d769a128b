"""Trials: jobs tried on a lead, and tests that integrations send, while workers make their calls."""

from django.db import models

from campaigns.models import Campaign
from config.core.models import Run


class Trial(Run):
    """A job as somebody is configuring it, run once over one lead. It belongs to this person, and is deleted after some minutes.

    What is tried and what came of it are sealed, because they hold values of a lead, and settings as they were typed.
    """

    kind = models.CharField(max_length=20, help_text="Key of the type of run.")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    request = models.BinaryField()
    result = models.BinaryField()

    def __str__(self) -> str:
        return f"trial {self.pk}"
