"""Conditional Validation: sections of conditions, of which any or all must hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django import forms

from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobLead, text
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import JobSettings
from processr.jobs.text import conditions
from processr.jobs.text.conditions import Combination, Condition, ConditionForm
from processr.jobs.text.phrases import NAMES_SHOWN

SECTIONS, CONDITIONS = 50, 20


def _combination_field(what: str, *, initial: Combination, label: str) -> forms.ChoiceField:
    choices = [(Combination.ALL.value, f"All {what} must hold"), (Combination.ANY.value, f"Any of the {what} is enough")]
    return forms.ChoiceField(choices=choices, initial=initial.value, label=label)


class SectionForm(forms.Form):
    conditions = RowsField(ConditionForm, at_most=CONDITIONS, label="Conditions")
    operation = _combination_field("conditions", initial=Combination.ALL, label="Within the section")


class ConditionalValidationSettings(JobSettings):
    operation = _combination_field("sections", initial=Combination.ALL, label="Overall operation")
    sections = RowsField(SectionForm, at_most=SECTIONS, label="Sections", help_text="Conditions that belong together.")


@dataclass(frozen=True, slots=True)
class ConditionSection:
    """The conditions of a section, and whether any or all of them must hold."""

    combination: Combination
    conditions: Sequence[Condition]

    @property
    def fact(self) -> str:
        return _joined([condition.fact for condition in self.conditions], self.combination)

    @property
    def demand(self) -> str:
        return _joined([condition.demand for condition in self.conditions], self.combination)

    def failing_condition(self, lead: JobLead) -> Condition | None:
        """Return the first condition that does not hold, or None if the section holds."""
        failing = (condition for condition in self.conditions if not condition.holds_for(lead))
        if self.combination is Combination.ALL:
            return next(failing, None)
        all_failing = list(failing)
        return all_failing[0] if all_failing and len(all_failing) == len(self.conditions) else None


@job_types.register
class ConditionalValidation(QualityCheck):
    key = "conditional_validation"
    api_id = 9053
    label = "Conditional Validation"
    description = "Fails when the conditions do not hold: any section of them, or all, as it is set."
    Settings = ConditionalValidationSettings

    @cached_property
    def combination(self) -> Combination:
        return Combination(self.setting("operation"))

    @cached_property
    def sections(self) -> list[ConditionSection]:
        return [
            ConditionSection(Combination(section["operation"]), [conditions.condition_of(row) for row in section["conditions"]])
            for section in self.setting("sections") or ()
        ]

    def rule(self) -> str:
        if not self.sections:
            return "No condition is set yet"
        if len(self.sections) == 1:
            return f"It holds that {self.sections[0].fact}"
        return f"It holds that {_joined([f'({section.fact})' for section in self.sections], self.combination)}"

    def check(self, lead: JobLead) -> Outcome:
        failing = [(section, condition) for section in self.sections if (condition := section.failing_condition(lead))]
        if not failing or (self.combination is Combination.ANY and len(failing) < len(self.sections)):
            return passed()
        section, condition = failing[0]
        # The reason says what must be corrected: one condition, or several of which one would be enough.
        if self.combination is Combination.ANY and len(self.sections) > 1:
            reason = f"None of these holds: {_joined([f'({section.fact})' for section in self.sections], Combination.ANY)}"
            return failed(reason, field=condition.field, value=text(lead, condition.field))
        return condition.failed(lead, section.demand if section.combination is Combination.ANY else condition.demand)


def _joined(parts: Sequence[str], combination: Combination) -> str:
    """Join the parts, no more than ten of them."""
    word = " or " if combination is Combination.ANY else " and "
    more = [f"{len(parts) - NAMES_SHOWN} more"] if len(parts) > NAMES_SHOWN else []
    return word.join([*parts[:NAMES_SHOWN], *more])
