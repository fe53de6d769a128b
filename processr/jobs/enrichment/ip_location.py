"""IP Location: the country and city of the IP address the lead came from, by the file of this installation."""

from typing_extensions import override

from leads.values.field_names import IP_COUNTRY
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import Enriched, skipped
from processr.job_types.registry import job_types
from processr.jobs.contact.ip_places import NOWHERE, IPPlace, Places, PlacesUnavailable
from processr.jobs.enrichment_base import EnrichmentSettings, FixedFieldsEnrichment


@job_types.register
class IPLocation(FixedFieldsEnrichment):
    key = "ip_location"
    api_id = 9092
    label = "IP Location"
    description = "Finds country, region and city of the IP address the lead was sent from, by a MaxMind-format file of this installation."
    Settings = EnrichmentSettings
    reads_ip = True
    field_names = (IP_COUNTRY, "ipCountryName", "ipRegion", "ipCity")

    def rule(self) -> str:
        return self.rule_for("the IP address the lead was sent from")

    @override
    def prepare(self, job_input: JobInput) -> None:
        try:
            self.places: Places | None = Places()
        except PlacesUnavailable as error:
            self.places, self.problem = None, str(error)
        self.place_by_ip: dict[str, IPPlace] = {}

    def enrich(self, lead: JobLead) -> Enriched:
        if self.places is None:
            return Enriched(skipped(self.problem))
        ip = lead.ip or ""
        place = self.place_by_ip.get(ip)
        if place is None:
            place = self.place_by_ip[ip] = self.places.of(ip)
        if place is NOWHERE:
            return Enriched(skipped("Nothing is known about the IP address"))
        return self.enriched_fields(dict(zip(self.field_names, place, strict=True)))
