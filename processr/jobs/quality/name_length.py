"""First and Last Name Length Check: two names that are too short to be real."""

from functools import cached_property

from django import forms

from leads.intake import normalize
from leads.values import texts
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobLead, text
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.jobs.text import phrases
from processr.jobs.text.characters import letters_of


class NameLengthSettings(JobSettings):
    first_name = FieldNameField(initial=normalize.FIRST_NAME, help_text="The field with the first name.")
    last_name = FieldNameField(initial=normalize.LAST_NAME, help_text="The field with the last name.")
    minimum = forms.IntegerField(
        initial=4, min_value=1, max_value=1000, help_text="Minimum number of letters in both names together, without spaces and signs."
    )


@job_types.register
class NameLength(QualityCheck):
    """Jo Ng is long enough, J. D. is not. One name may be missing if the other is long enough.

    An ideograph counts as two letters.
    """

    key = "first_last_name_length"
    api_id = 9023
    label = "First and Last Name Length Check"
    description = "Fails when the first and the last name together are too short."
    Settings = NameLengthSettings

    @cached_property
    def names(self) -> tuple[str, str]:
        return self.setting("first_name"), self.setting("last_name")

    @cached_property
    def minimum(self) -> int:
        return int(self.setting("minimum"))

    def rule(self) -> str:
        return f"The names in {phrases.all_of(self.names)} together have at least {phrases.counted(self.minimum, 'letter')}"

    def check(self, lead: JobLead) -> Outcome:
        first, last = (text(lead, name) for name in self.names)
        if texts.is_blank(first) and texts.is_blank(last):
            return skipped("The lead has no name")
        if letters_of(first) + letters_of(last) >= self.minimum:
            return passed()
        reason = f"First and last name together have fewer than {phrases.counted(self.minimum, 'letter')}: send both in full"
        return failed(reason, field=self.names[0], value=texts.strip(f"{first} {last}"))
