"""Tallies of leads, their deltas, and the search table of leads."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

KEYS = ("campaign_id", "publisher_id", "day", "current_status", "delivery_status", "publisher_billable", "advertiser_billable")

EVERYWHERE = 0
"""Stands for the sums over all campaigns, so that users who see everything are not counted campaign by campaign."""


class Counted(models.Model):
    campaign_id = models.BigIntegerField()
    publisher_id = models.BigIntegerField(null=True)
    day = models.DateField(null=True)
    current_status = models.CharField(max_length=7)
    delivery_status = models.CharField(max_length=13)
    publisher_billable = models.BooleanField()
    advertiser_billable = models.BooleanField()
    n = models.BigIntegerField()

    class Meta:
        abstract = True


class DailyTally(Counted):
    """The number of visible leads per key.

    A row without a day is the sum over all days, so that a total needs no sum over days. A row of campaign 0
    (`EVERYWHERE`), without a publisher, is the sum over all campaigns.
    """

    class Meta:
        verbose_name_plural = "daily tallies"
        constraints = [models.UniqueConstraint(fields=list(KEYS), nulls_distinct=False, name="daily_tally_once")]
        indexes = [
            models.Index(fields=["campaign_id"], condition=models.Q(day__isnull=True), name="tally_total"),
            models.Index(fields=["campaign_id", "day"], condition=models.Q(day__isnull=False), name="tally_day"),
        ]

    def __str__(self) -> str:
        return f"{self.n} on {self.day or 'all days'}"


class TallyDelta(Counted):
    """Insert-only, one row per distinct key and call, always with a day. A periodic task adds it to DailyTally."""

    class Meta:
        indexes = [models.Index(fields=["campaign_id"], name="delta_campaign")]

    def __str__(self) -> str:
        return f"{self.n:+d} on {self.day}"


PART_BITS = 15
"""Leads are searched in parts of 32,768 ids, from the newest part on. Words of the index begin with the number of their part."""


class LeadSearch(models.Model):
    """The words by which a lead is searched, in a table of its own so that a status update does not touch them.

    Each begins with the part of the ids that the lead is in. So the newest leads that have a word are found without reading
    all that have it, and new leads are written into one place of the index, whatever its size.
    """

    lead = models.OneToOneField("leads.Lead", on_delete=models.CASCADE, primary_key=True, related_name="search", db_constraint=False)
    campaign_id = models.BigIntegerField()
    tsv = SearchVectorField()

    class Meta:
        # A list of pending entries would be read again for each part.
        indexes = [GinIndex(fields=["tsv"], name="lead_search_words", fastupdate=False)]

    def __str__(self) -> str:
        return f"search of lead {self.pk}"
