"""Required Value Check: fields that must have one of given values."""

from functools import cached_property

from django import forms

from leads.values import texts
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobLead, text
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.jobs.text import phrases
from processr.jobs.text.words import WordsField


class RequiredValue(forms.Form):
    field = FieldNameField(help_text="Name of the field.")
    values = WordsField(separators=";", label="Values", widget=forms.TextInput, help_text="Any of these, with semicolons between them.")


class RequiredValuesSettings(JobSettings):
    required = RowsField(RequiredValue, label="Fields and their values", help_text="Each field must have one of its values.")
    match_case = forms.BooleanField(required=False, initial=False, label="Upper and lower case differ")


@job_types.register
class RequiredValues(QualityCheck):
    """Every row must hold, and a field that the lead does not have fails.

    Spaces and spellings of apostrophes and hyphens make no difference.
    """

    key = "required_value"
    api_id = 9025
    label = "Required Value Check"
    description = "Fails when a field has none of the values that are required of it."
    Settings = RequiredValuesSettings

    @cached_property
    def required(self) -> list[tuple[str, frozenset[str], str]]:
        """Return the field, the values for comparing, and the values in words, per row."""
        rows = self.setting("required") or ()
        return [(row["field"], frozenset(map(self._folded, row["values"])), phrases.any_of(row["values"])) for row in rows]

    @cached_property
    def match_case(self) -> bool:
        return bool(self.setting("match_case"))

    def rule(self) -> str:
        if not self.required:
            return "Nothing is required yet"
        return f"Required: {phrases.all_of([f'{field} is {values}' for field, _, values in self.required])}"

    def check(self, lead: JobLead) -> Outcome:
        for field, values, values_text in self.required:
            value = text(lead, field)
            if self._folded(value) not in values:
                return failed(phrases.demanded(field, value, f"{field} must be {values_text}"), field=field, value=value)
        return passed()

    def _folded(self, value: str) -> str:
        return texts.fold_keeping_case(value) if self.match_case else texts.fold(value)
