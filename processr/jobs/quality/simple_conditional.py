"""Simple Conditional Validation: one field, compared with one or several values."""

from functools import cached_property

from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import JobSettings
from processr.jobs.text import conditions
from processr.jobs.text.conditions import Condition, ConditionForm


class SimpleConditionalSettings(ConditionForm, JobSettings):
    """The settings of a single condition. For many values a validation list is easier to keep, and can serve many campaigns."""


@job_types.register
class SimpleConditional(QualityCheck):
    """An empty field is an empty text: it equals nothing and differs from everything."""

    key = "simple_conditional_validation"
    api_id = 1115
    label = "Simple Conditional Validation"
    description = "Fails when a field does not hold what it must: begins with, contains, is one of, is more than … the values."
    Settings = SimpleConditionalSettings

    @cached_property
    def condition(self) -> Condition:
        return conditions.condition_of({name: self.setting(name) for name in ConditionForm.base_fields})

    def rule(self) -> str:
        return f"The field {self.condition.fact}" if self.setting("field") else "No condition is set yet"

    def check(self, lead: JobLead) -> Outcome:
        return passed() if self.condition.holds_for(lead) else self.condition.failed(lead)
