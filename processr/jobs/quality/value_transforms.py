"""Value Transforms: values that no transform of the campaign knows."""

from functools import cached_property

from config.core.errors import TRANSFORMS_SWITCH
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.jobs.text import phrases

OFF = TRANSFORMS_SWITCH.lifts("The campaign uses no value transforms")


class ValueTransformsSettings(JobSettings):
    field = FieldNameField(label="Field", help_text="Name of the field that transforms read. Capital and small letters matter.")


@job_types.register
class ValueTransforms(QualityCheck):
    """A lead whose transform could not be applied is in error already and does not fail here as well."""

    key = "value_transforms"
    api_id = 1090
    label = "Value Transforms"
    description = "Fails when the field's value matched no value transform of the campaign."
    Settings = ValueTransformsSettings

    @cached_property
    def field(self) -> str:
        return str(self.setting("field"))

    def rule(self) -> str:
        return f"{self.field} has a value that the campaign's value transforms know"

    def prepare(self, job_input: JobInput) -> None:
        self.are_transforms_used = bool(job_input.transforms)

    def check(self, lead: JobLead) -> Outcome:
        if not self.are_transforms_used:
            return skipped(OFF)
        if self.field in lead.matched:
            return passed()
        value = str(lead.values.get(self.field) or "")
        demand = f"{self.field} must have a value that this campaign's value transforms know"
        return failed(phrases.demanded(self.field, value, demand), field=self.field, value=value)
