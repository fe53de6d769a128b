"""Lead Field Not Empty: fields that a campaign requires."""

from leads.intake import normalize
from leads.values import texts
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNamesField, JobSettings
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text import phrases


class FieldNotEmptySettings(JobSettings):
    fields_to_read = FieldNamesField(
        initial=[normalize.EMAIL], label="Fields", help_text="Names of the fields that must hold data, with commas between them."
    )


@job_types.register
class FieldNotEmpty(FieldsCheck):
    """Spaces and invisible signs are no data. The value that a transform fills in counts."""

    key = "field_not_empty"
    api_id = 1109
    label = "Lead Field Not Empty"
    description = "Fails when one of the named fields is empty."
    Settings = FieldNotEmptySettings
    open_settings = frozenset({"fields_to_read"})

    def rule(self) -> str:
        return f"{self.each_field} is filled in"

    def check(self, lead: JobLead) -> Outcome:
        empty = [name for name, value in self.fields.texts(lead) if texts.is_blank(value)]
        if not empty:
            return passed()
        verb = "is" if len(empty) == 1 else "are"
        return failed(f"{phrases.all_of(empty)} {verb} empty", field=empty[0])
