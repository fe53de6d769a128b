"""The base of jobs that look up the domain of an e-mail address in a list."""

from functools import cached_property
from typing import ClassVar

from leads.intake import normalize
from leads.values import emails
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.settings_fields import FieldNamesField, JobSettings
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text.words import WordsField, word_list


class DomainSettings(JobSettings):
    fields_to_read = FieldNamesField(
        initial=[normalize.EMAIL], label="Fields", help_text="Names of the fields with e-mail addresses, with commas between them."
    )
    more_domains = WordsField(
        required=False, fold=emails.listed_domain, label="More domains", help_text="Domains that fail as well, with commas between them."
    )
    fine_domains = WordsField(
        required=False,
        fold=emails.listed_domain,
        label="Domains that are fine",
        help_text="Domains that must not fail, with commas between them.",
    )


class ListedDomain(FieldsCheck):
    """A check of e-mail domains against a list.

    A domain includes all its subdomains: mail.example.com counts as example.com. Of two listed domains that fit,
    the longer one decides. A domain that is named both as failing and as fine is fine. An empty field is left to
    other jobs.
    """

    list_name: ClassVar[str]
    fault: ClassVar[str]
    Settings = DomainSettings

    @cached_property
    def domains(self) -> frozenset[str]:
        return frozenset(map(emails.listed_domain, (*word_list(self.list_name), *self.setting("more_domains"))))

    @cached_property
    def allowed(self) -> frozenset[str]:
        return frozenset(map(emails.listed_domain, self.setting("fine_domains")))

    def check(self, lead: JobLead) -> Outcome:
        domains = [(name, value, domain) for name, value in self.fields.texts(lead) if (domain := emails.domain_of(value))]
        if not domains:
            return skipped("The lead has no e-mail address")
        for name, value, domain in domains:
            if emails.is_listed(domain, self.domains, allowed=self.allowed):
                return failed(f"The address in {name} {self.fault}", field=name, value=value)
        return passed()
