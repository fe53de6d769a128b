"""Multiple Short Values Check: forms that were filled in with a letter or two in each field."""

from functools import cached_property

from django import forms

from leads.values import texts
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FIELDS_READ, JobSettings, fields_to_leave_out, fields_to_read
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text import phrases
from processr.jobs.text.characters import length_of
from processr.jobs.text.words import allowed_values_field

SHORT_BY_NATURE = (
    "title", "salutation", "jobtitle", "sex", "gender", "age", "dob*", "*country*", "*state*", "*province*", "*county*", "*language*",
    "*currency*", "*size*", "*number*", "*employee*", "*optin*", "*terms*", "*consent*", "houseno*",
)  # fmt: skip
"""Patterns of fields in which Mr, CEO, GB and 12 are complete answers."""


class MultipleShortValuesSettings(JobSettings):
    layout = FIELDS_READ

    fields_to_read = fields_to_read()
    fields_to_leave_out = fields_to_leave_out(SHORT_BY_NATURE)
    count = forms.IntegerField(initial=3, min_value=1, max_value=100, label="Short values", help_text="Fails from this many short values.")
    shorter_than = forms.IntegerField(
        initial=4, min_value=2, max_value=1000, label="Shorter than", help_text="Characters. A value of exactly this length is not short."
    )
    allowed_values = allowed_values_field()


@job_types.register
class MultipleShortValues(FieldsCheck):
    """Empty fields are left to other jobs, and choices that the form offers are not counted.

    An ideograph counts as two characters: 山田 is a complete name.
    """

    key = "multiple_short_values"
    api_id = 9022
    label = "Multiple Short Values Check"
    description = "Fails when three or more of the fields have fewer than four characters."
    Settings = MultipleShortValuesSettings

    @cached_property
    def count(self) -> int:
        return int(self.setting("count"))

    @cached_property
    def limit(self) -> int:
        return int(self.setting("shorter_than"))

    @cached_property
    def left_alone(self) -> frozenset[str]:
        return frozenset(texts.fold_accents(value) for value in self.setting("allowed_values"))

    def rule(self) -> str:
        named = self.setting("fields_to_read")
        where = phrases.all_of(named) if named else "the fields that are filled in"
        return f"Fewer than {self.count} of {where} have fewer than {phrases.counted(self.limit, 'character')}"

    def check(self, lead: JobLead) -> Outcome:
        short = [
            (name, value)
            for name, value in self.fields.texts(lead)
            if 0 < length_of(value) < self.limit and texts.fold_accents(value) not in self.left_alone
        ]
        if len(short) < self.count:
            return passed()
        names = [name for name, _ in short]
        fields = "field has" if len(short) == 1 else "fields have"
        reason = f"{len(short)} {fields} fewer than {self.limit} characters: {phrases.join_names(names)}"
        return failed(reason, field=names[0], value=short[0][1])
