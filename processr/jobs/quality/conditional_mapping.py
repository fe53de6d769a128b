"""Conditional Mapping Check: each of several fields must have one of the values that belong to it."""

from functools import cached_property

from django import forms

from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, passed
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.jobs.text import conditions, phrases
from processr.jobs.text.conditions import Condition, ValuesField
from processr.jobs.text.operators import Operator


class ConditionalMappingForm(forms.Form):
    field = FieldNameField(label="Field", help_text="Name of the field.")
    values = ValuesField(help_text="Any of these, whatever their case; with commas between them.")


class ConditionalMappingSettings(JobSettings):
    mapping = RowsField(ConditionalMappingForm, label="Fields and their values", help_text="Every field must have one of its values.")


@job_types.register
class ConditionalMapping(QualityCheck):
    """All rows must match. Set to run after enrichment, the check also reads the enriched values."""

    key = "conditional_mapping"
    api_id = 9054
    label = "Conditional Mapping Check"
    description = "Fails when one of several fields has none of the values that belong to it."
    Settings = ConditionalMappingSettings

    @cached_property
    def conditions(self) -> list[Condition]:
        return [conditions.condition_of({**row, "operator": Operator.EXISTS}) for row in self.setting("mapping") or ()]

    def rule(self) -> str:
        if not self.conditions:
            return "No field is mapped yet"
        return f"All of it holds: {phrases.all_of([condition.fact for condition in self.conditions])}"

    def check(self, lead: JobLead) -> Outcome:
        for condition in self.conditions:
            if not condition.holds_for(lead):
                return condition.failed(lead)
        return passed()
