"""What the jobs have in common that look for the domain of an e-mail address in a list."""

from functools import cached_property
from typing import ClassVar

from leads.intake import normalize
from processr.job_types.base import JobType
from processr.job_types.lead import BatchLead, Fields, LeadBatch
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.settings_fields import FieldNames, JobSettings
from processr.jobs.contact.emails import domain_of, folded_domain, is_of
from processr.jobs.text.words import Words, known


class DomainSettings(JobSettings):
    fields_to_read = FieldNames(
        initial=[normalize.EMAIL], label="Fields", help_text="Names of the fields with e-mail addresses, with commas between them."
    )
    more_domains = Words(
        required=False, fold=folded_domain, label="More domains", help_text="Domains that fail as well, with commas between them."
    )
    fine_domains = Words(
        required=False, fold=folded_domain, label="Domains that are fine", help_text="Domains that must not fail, with commas between them."
    )


class ListedDomain(JobType):
    """A domain stands for all below it: mail.example.com is example.com. Of two that fit, the longer one decides, and one that is named
    both as failing and as fine is fine. A field that is empty is left to other jobs.
    """

    listed: ClassVar[str]
    fault: ClassVar[str]
    Settings = DomainSettings

    @cached_property
    def fields(self) -> Fields:
        return Fields(self.setting("fields_to_read"))

    @cached_property
    def domains(self) -> frozenset[str]:
        return frozenset((*known(self.listed), *self.setting("more_domains")))

    @cached_property
    def fine(self) -> frozenset[str]:
        return frozenset(self.setting("fine_domains"))

    def check(self, batch: LeadBatch, lead: BatchLead) -> Outcome:  # noqa: ARG002
        domains = [(name, value, domain) for name, value in self.fields.texts(lead) if (domain := domain_of(value))]
        if not domains:
            return skipped("The lead has no e-mail address")
        for name, value, domain in domains:
            if is_of(domain, self.domains, fine=self.fine):
                return failed(f"The address in {name} {self.fault}", field=name, value=value)
        return passed()
