"""Searches of whole lists of leads by filters that no index serves, and the leads that they found."""

from django.db import models

from config.core.models import Run


class FullSearch(Run):
    """A search of all leads that its starter sees. `position` is the number of leads looked at, `done` of them match."""

    parameters = models.TextField(help_text="The filters, as in the address of the list.")
    description = models.TextField(help_text="The filters in words.")
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    last_lead = models.BigIntegerField(null=True, help_text="The lead looked at last. The next ones have smaller ids.")

    class Meta:
        verbose_name, verbose_name_plural = "search of all leads", "searches of all leads"

    def __str__(self) -> str:
        return f"search {self.pk}"

    @property
    def dealt_with(self) -> int:
        return self.position


class FoundLead(models.Model):
    """A lead that a search found. Leads are never deleted from their table, so no foreign key guards the id."""

    search = models.ForeignKey(FullSearch, on_delete=models.CASCADE, related_name="found", db_index=False)
    lead_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["search", "lead_id"], name="found_lead_once")]

    def __str__(self) -> str:
        return f"lead {self.lead_id} of search {self.search_id}"
