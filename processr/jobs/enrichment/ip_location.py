"""IP Location: the country and city of the IP address the lead came from, by the file of this installation."""

from functools import cached_property

from processr.job_types.lead import BatchLead, LeadBatch
from processr.job_types.outcomes import Enriched, skipped
from processr.job_types.registry import job_types
from processr.jobs.contact.ip_places import NOWHERE, IPPlace, NoFile, Places
from processr.jobs.enrichment_base import EnrichmentSettings, NamedFinds
from processr.models import Job


@job_types.register
class IPLocation(NamedFinds):
    key = "ip_location"
    api_id = 9092
    label = "IP Location"
    description = "Finds country, region and city of the IP address the lead was sent from, by a MaxMind-format file of this installation."
    category = Job.Category.ENRICHMENT
    default_score = 0
    Settings = EnrichmentSettings
    reads_ip = True
    finds = ("ipCountry", "ipCountryName", "ipRegion", "ipCity")

    def rule(self) -> str:
        return self.told("the IP address the lead was sent from")

    def prepare(self, batch: LeadBatch) -> None:  # noqa: ARG002
        try:
            self.places: Places | None = Places()
        except NoFile as why:
            self.places, self.why = None, str(why)

    @cached_property
    def known(self) -> dict[str, IPPlace]:
        """Return the places by address, looked up once per chunk."""
        return {}

    def enrich(self, batch: LeadBatch, lead: BatchLead) -> Enriched:  # noqa: ARG002
        if self.places is None:
            return Enriched(skipped(self.why))
        place = self._place(lead.ip or "", self.places)
        if place is NOWHERE:
            return Enriched(skipped("Nothing is known of the IP address"))
        return self.found(dict(zip(self.finds, place, strict=True)))

    def _place(self, ip: str, places: Places) -> IPPlace:
        known = self.known.get(ip)
        if known is None:
            known = self.known[ip] = places.of(ip)
        return known
