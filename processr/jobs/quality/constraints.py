"""Constraints Check: each field must have the form that is required, such as a number, a date or an address."""

from functools import cached_property

from django import forms

from leads.intake import normalize
from leads.values import texts
from leads.values.telephones import region_of
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobLead, text
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.jobs.text import phrases
from processr.jobs.text.constraints import CONSTRAINTS, Constraint


class ConstraintForm(forms.Form):
    constraint = forms.ChoiceField(choices=[(key, constraint.label) for key, constraint in CONSTRAINTS.items()])
    field = FieldNameField(help_text="Name of the field it is about.")


class ConstraintsSettings(JobSettings):
    constraints = RowsField(ConstraintForm, label="Constraints", help_text="The field of each row must meet its constraint.")


@job_types.register
class Constraints(QualityCheck):
    """Empty fields are left to other jobs; if all are empty, the job is not run."""

    key = "constraints"
    api_id = 9026
    label = "Constraints Check"
    description = "Fails when a field does not hold what it should: a number, a date, an e-mail address."
    Settings = ConstraintsSettings

    @cached_property
    def constraints(self) -> list[tuple[str, Constraint]]:
        return [(row["field"], CONSTRAINTS[row["constraint"]]) for row in self.setting("constraints") or ()]

    def rule(self) -> str:
        if not self.constraints:
            return "No constraint is set yet"
        return f"Where filled in: {phrases.all_of([f'{field} is {constraint.label}' for field, constraint in self.constraints])}"

    def check(self, lead: JobLead) -> Outcome:
        filled = [(name, value, constraint) for name, constraint in self.constraints if (value := texts.strip(text(lead, name)))]
        if not filled:
            return skipped("The lead has none of these fields")
        region = region_of(text(lead, normalize.COUNTRY))
        for name, value, constraint in filled:
            if not (constraint.holds_in(value, region) if constraint.holds_in else constraint.holds(value)):
                return failed(f"{name} is not {constraint.label}: write it like {constraint.example}", field=name, value=value)
        return passed()
