"""Telephone Facts: the facts that a telephone number gives by itself, without a call to a provider."""

import phonenumbers
from phonenumbers import PhoneNumberFormat

from leads.intake import normalize
from leads.values import telephones, texts
from processr.job_types.lead import JobLead, text
from processr.job_types.outcomes import Enriched, skipped
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField
from processr.jobs.contact import telephones as facts
from processr.jobs.contact.regions import CountryField, RegionField, region_for
from processr.jobs.enrichment_base import EnrichmentSettings, FixedFieldsEnrichment, truth_text


class TelephoneFactsSettings(EnrichmentSettings):
    field = FieldNameField(initial=normalize.TELEPHONE, help_text="The field with the telephone number.")
    country_field = CountryField()
    region = RegionField(otherwise="those that begin with + are understood")


@job_types.register
class TelephoneFacts(FixedFieldsEnrichment):
    """A number that can be read but is in no range of its country is reported as not valid, and nothing else about it."""

    key = "telephone_facts"
    api_id = 9091
    label = "Telephone Facts"
    description = "Finds country, kind of line, carrier and time zones of the telephone number, and writes it in the international form."
    Settings = TelephoneFactsSettings
    field_names = ("telephoneValid", "telephoneE164", "telephoneCountry", "telephoneType", "telephoneCarrier", "telephoneTimeZones")

    def rule(self) -> str:
        return self.rule_for(f"the number in {self.setting('field')}")

    def enrich(self, lead: JobLead) -> Enriched:
        number = texts.strip(text(lead, self.setting("field")))
        if not number:
            return Enriched(skipped("The lead has no telephone number"))
        parsed = telephones.parse(number, region_for(lead, self))
        if parsed is None or not phonenumbers.is_valid_number(parsed):
            return self.enriched_fields({"telephoneValid": truth_text(False)})
        return self.enriched_fields(
            {
                "telephoneValid": truth_text(True),
                "telephoneE164": phonenumbers.format_number(parsed, PhoneNumberFormat.E164),
                "telephoneCountry": facts.country_code(parsed),
                "telephoneType": facts.line_type(parsed),
                "telephoneCarrier": facts.carrier(parsed),
                "telephoneTimeZones": ", ".join(facts.time_zones(parsed)),
            }
        )
