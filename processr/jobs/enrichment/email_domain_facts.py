"""E-mail Domain Facts: the domain of an e-mail address and its kind, without a call to a provider."""

from functools import cached_property

from leads.intake import normalize
from leads.values import emails, texts
from processr.job_types.lead import JobLead, text
from processr.job_types.outcomes import Enriched, skipped
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField
from processr.jobs.enrichment_base import EnrichmentSettings, FixedFieldsEnrichment, truth_text
from processr.jobs.text.words import word_list


class EmailDomainFactsSettings(EnrichmentSettings):
    field = FieldNameField(initial=normalize.EMAIL, help_text="The field with the e-mail address.")


@job_types.register
class EmailDomainFacts(FixedFieldsEnrichment):
    key = "email_domain_facts"
    api_id = 9090
    label = "E-mail Domain Facts"
    description = "Finds the domain of the e-mail address, and whether it belongs to a free or a disposable provider."
    Settings = EmailDomainFactsSettings
    field_names = ("emailDomain", "isFreeEmail", "isDisposableEmail")

    def rule(self) -> str:
        return self.rule_for(f"the e-mail address in {self.setting('field')}")

    @cached_property
    def free(self) -> frozenset[str]:
        return frozenset(word_list("free_email_domains"))

    @cached_property
    def disposable(self) -> frozenset[str]:
        return frozenset(word_list("disposable_email_domains"))

    def enrich(self, lead: JobLead) -> Enriched:
        address = texts.strip(text(lead, self.setting("field")))
        if emails.fault_of(address):
            return Enriched(skipped("The lead has no e-mail address"))
        domain = emails.domain_of(address)
        return self.enriched_fields(
            {
                "emailDomain": domain,
                "isFreeEmail": truth_text(emails.is_listed(domain, self.free, allowed=())),
                "isDisposableEmail": truth_text(emails.is_listed(domain, self.disposable, allowed=())),
            }
        )
