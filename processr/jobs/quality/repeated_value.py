"""Repeated Value Check: the same text in many fields of a form."""

from functools import cached_property

from django import forms

from leads.values import texts
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FIELDS_READ, JobSettings, fields_to_leave_out, fields_to_read
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text import phrases
from processr.jobs.text.words import allowed_values_field


class RepeatedValueSettings(JobSettings):
    layout = FIELDS_READ

    fields_to_read = fields_to_read()
    fields_to_leave_out = fields_to_leave_out(())
    allowed = forms.IntegerField(
        initial=3, min_value=1, max_value=100, label="Times allowed", help_text="Fails if more fields than this have the same value."
    )
    allowed_values = allowed_values_field()


@job_types.register
class RepeatedValue(FieldsCheck):
    """The vendor's rule is *max 3 times*: three fields may have the same value, the fourth fails.

    Case, accents and doubled spaces make no difference. Empty fields are not counted.
    """

    key = "repeated_value"
    api_id = 9021
    label = "Repeated Value Check"
    description = "Fails when more than three of the fields have the same content."
    Settings = RepeatedValueSettings

    @cached_property
    def allowed(self) -> int:
        return int(self.setting("allowed"))

    @cached_property
    def left_alone(self) -> frozenset[str]:
        return frozenset(("", *(texts.fold_accents(value) for value in self.setting("allowed_values"))))

    def rule(self) -> str:
        return f"{self.each_field} has its value in common with at most {phrases.counted(self.allowed - 1, 'other field')}"

    def check(self, lead: JobLead) -> Outcome:
        named_values = self.fields.texts(lead)
        if len(named_values) <= self.allowed:
            return passed()
        names_by_value: dict[str, list[str]] = {}
        for name, value in named_values:
            names_by_value.setdefault(texts.fold_accents(value), []).append(name)
        for value, names in names_by_value.items():
            if len(names) > self.allowed and value not in self.left_alone:
                reason = f"{len(names)} fields have the same value, and at most {self.allowed} may: {phrases.join_names(names)}"
                return failed(reason, field=names[0], value=str(lead.values[names[0]]))
        return passed()
