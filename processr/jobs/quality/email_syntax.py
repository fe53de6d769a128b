"""E-mail Syntax Check: addresses that cannot exist, without a call to a provider."""

from leads.intake import normalize
from leads.values import emails, texts
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNamesField, JobSettings
from processr.jobs.quality_base import FieldsCheck


class EmailSyntaxSettings(JobSettings):
    fields_to_read = FieldNamesField(
        initial=[normalize.EMAIL], label="Fields", help_text="Names of the fields with e-mail addresses, with commas between them."
    )


@job_types.register
class EmailSyntax(FieldsCheck):
    """The check is that of the intake for fields of the type e-mail.

    It serves for addresses in other fields, and for the results of transforms. Empty fields are left to other
    jobs.
    """

    key = "email_syntax"
    api_id = 9027
    label = "E-mail Syntax Check"
    description = "Fails when an e-mail address is not written as e-mail addresses are."
    Settings = EmailSyntaxSettings

    def rule(self) -> str:
        return f"{self.each_field} has an e-mail address written as such addresses are"

    def check(self, lead: JobLead) -> Outcome:
        addresses = [(name, value, address) for name, value in self.fields.texts(lead) if (address := texts.strip(value))]
        if not addresses:
            return skipped("The lead has no e-mail address")
        for name, value, address in addresses:
            if fault := emails.fault_of(address):
                return failed(f"The address in {name} {fault}", field=name, value=value)
        return passed()
