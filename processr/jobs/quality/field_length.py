"""Length check of given field: values that are too short to mean anything, or too long for their receiver."""

from functools import cached_property
from typing import Any

from django import forms

from leads.intake import normalize
from leads.values import texts
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNamesField, JobSettings
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text import characters, phrases

LONGEST = 1_000_000


class FieldLengthSettings(JobSettings):
    fields_to_read = FieldNamesField(
        initial=[normalize.FIRST_NAME, normalize.LAST_NAME],
        label="Fields",
        help_text="Names of the fields to measure, with commas between them.",
    )
    minimum = forms.IntegerField(initial=2, min_value=0, max_value=LONGEST, help_text="Minimum length in characters. An empty field has 0.")
    maximum = forms.IntegerField(required=False, min_value=1, max_value=LONGEST, help_text="Maximum length in characters. Empty: no limit.")

    def clean(self) -> dict[str, Any]:
        minimum, maximum = self.cleaned_data.get("minimum"), self.cleaned_data.get("maximum")
        if minimum is not None and maximum is not None and maximum < minimum:
            self.add_error("maximum", "The maximum is below the minimum.")
        return self.cleaned_data


@job_types.register
class FieldLength(FieldsCheck):
    """Characters are counted as people see them, without the blanks around: `é` is one and so is an emoji, whatever its encoding."""

    key = "field_length_check"
    api_id = 1116
    label = "Length check of given field"
    description = "Fails when one of the named fields has fewer characters than it must have, or more than it may have."
    Settings = FieldLengthSettings

    @cached_property
    def minimum(self) -> int:
        return int(self.setting("minimum"))

    @cached_property
    def maximum(self) -> int | None:
        most = self.setting("maximum")
        return None if most is None else int(most)

    def rule(self) -> str:
        most = "" if self.maximum is None else f" and at most {self.maximum}"
        return f"{self.each_field} has at least {phrases.counted(self.minimum, 'character')}{most}"

    def check(self, lead: JobLead) -> Outcome:
        for name, value in self.fields.texts(lead):
            length = len(characters.visible_characters(texts.strip(value)))
            if length < self.minimum:
                return failed(f"{name} has fewer than {self.minimum} characters", field=name, value=value)
            if self.maximum is not None and length > self.maximum:
                return failed(f"{name} has more than {self.maximum} characters", field=name, value=value)
        return passed()
