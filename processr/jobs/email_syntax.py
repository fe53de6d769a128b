"""E-mail Syntax Check: addresses that cannot be, told without asking anybody."""

from functools import cached_property

from leads import derive
from processr.batch import BatchLead, LeadBatch
from processr.contacts import emails
from processr.fields import FieldNames, JobSettings
from processr.outcomes import Outcome, failed, passed, skipped
from processr.reading import Fields
from processr.rules import phrases
from processr.types import JobType, job_types


class Settings(JobSettings):
    fields_to_read = FieldNames(
        initial=[derive.EMAIL], label="Fields", help_text="Names of the fields with e-mail addresses, with commas between them."
    )


@job_types.register
class EmailSyntax(JobType):
    """As the intake looks at fields of the type e-mail: for addresses in other fields, and for what a transform has made of one.
    A field that is empty is left to other jobs.
    """

    key = "email_syntax"
    api_id = 9027
    label = "E-mail Syntax Check"
    description = "Fails when an e-mail address is not written as e-mail addresses are."
    Settings = Settings

    @cached_property
    def fields(self) -> Fields:
        return Fields(self.setting("fields_to_read"))

    def rule(self) -> str:
        return f"{phrases.each(self.setting('fields_to_read'))} has an e-mail address written as such addresses are"

    def check(self, batch: LeadBatch, lead: BatchLead) -> Outcome:  # noqa: ARG002
        addresses = [(name, value) for name, value in self.fields.texts(lead) if value.strip()]
        if not addresses:
            return skipped("The lead has no e-mail address")
        for name, value in addresses:
            if fault := emails.fault_of(value.strip()):
                return failed(f"The address in {name} {fault}", field=name, value=value)
        return passed()
