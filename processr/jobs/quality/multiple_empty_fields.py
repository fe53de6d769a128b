"""Multiple Empty Fields Check: forms that were left empty for the most part."""

from functools import cached_property

from django import forms

from leads.values import texts
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNamesField, JobSettings
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text import phrases


class MultipleEmptyFieldsSettings(JobSettings):
    fields_to_read = FieldNamesField(
        required=False,
        initial=[],
        label="Fields",
        help_text="Names of the fields to count, with commas between them. Empty: every field that was sent, be it with nothing in it.",
    )
    count = forms.IntegerField(initial=3, min_value=1, max_value=100, label="Empty fields", help_text="Fails from this many empty fields.")


@job_types.register
class MultipleEmptyFields(FieldsCheck):
    """A named field that was not sent is empty. Spaces and invisible signs are no data."""

    key = "multiple_empty_fields"
    api_id = 1011
    label = "Multiple Empty Fields Check"
    description = "Fails when three or more of the fields are empty."
    Settings = MultipleEmptyFieldsSettings
    open_settings = frozenset({"fields_to_read", "count"})

    @cached_property
    def count(self) -> int:
        return int(self.setting("count"))

    def rule(self) -> str:
        named = self.setting("fields_to_read")
        return f"Fewer than {self.count} of {phrases.all_of(named) if named else 'the fields that were sent'} are empty"

    def check(self, lead: JobLead) -> Outcome:
        empty = [name for name, value in self.fields.texts(lead) if texts.is_blank(value)]
        if len(empty) < self.count:
            return passed()
        return failed(f"{len(empty)} fields are empty: {phrases.join_names(empty)}", field=empty[0])
