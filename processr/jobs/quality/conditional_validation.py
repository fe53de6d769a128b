"""Conditional Validation: sections of conditions, of which any or all must hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django import forms

from processr.job_types.base import JobType
from processr.job_types.lead import LISTED, BatchLead, LeadBatch, text
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.rows_field import Rows
from processr.job_types.settings_fields import JobSettings
from processr.jobs.text import conditions
from processr.jobs.text.conditions import Condition, ConditionForm, Overall

SECTIONS, CONDITIONS = 50, 20


def _choice(what: str, *, initial: Overall, label: str) -> forms.ChoiceField:
    choices = [(Overall.ALL.value, f"All {what} must hold"), (Overall.ANY.value, f"Any of the {what} is enough")]
    return forms.ChoiceField(choices=choices, initial=initial.value, label=label)


class Section(forms.Form):
    conditions = Rows(ConditionForm, at_most=CONDITIONS, label="Conditions")
    operation = _choice("conditions", initial=Overall.ALL, label="Within the section")


class ConditionalValidationSettings(JobSettings):
    operation = _choice("sections", initial=Overall.ALL, label="Overall operation")
    sections = Rows(Section, at_most=SECTIONS, label="Sections", help_text="Conditions that belong together.")


@dataclass(frozen=True, slots=True)
class Together:
    """The conditions of a section, and whether any or all of them must hold."""

    overall: Overall
    conditions: Sequence[Condition]

    def failing(self, lead: BatchLead) -> Condition | None:
        """Return the first condition that does not hold, or None if the section holds."""
        wrong = (condition for condition in self.conditions if not condition.holds_for(lead))
        if self.overall is Overall.ALL:
            return next(wrong, None)
        failing = list(wrong)
        return failing[0] if failing and len(failing) == len(self.conditions) else None

    def told(self, *, demanded: bool = False) -> str:
        each = [condition.demanded if demanded else condition.told for condition in self.conditions]
        return _joined(each, self.overall)


@job_types.register
class ConditionalValidation(JobType):
    key = "conditional_validation"
    api_id = 9053
    label = "Conditional Validation"
    description = "Fails when the conditions do not hold: any section of them, or all, as it is set."
    Settings = ConditionalValidationSettings

    @cached_property
    def overall(self) -> Overall:
        return Overall(self.setting("operation"))

    @cached_property
    def sections(self) -> list[Together]:
        rows = self.setting("sections") or ()
        return [Together(Overall(row["operation"]), [conditions.condition_of(one) for one in row["conditions"]]) for row in rows]

    def rule(self) -> str:
        if not self.sections:
            return "No condition is set yet"
        if len(self.sections) == 1:
            return f"It holds that {self.sections[0].told()}"
        return f"It holds that {_joined([f'({section.told()})' for section in self.sections], self.overall)}"

    def check(self, batch: LeadBatch, lead: BatchLead) -> Outcome:  # noqa: ARG002
        wrong = [(section, condition) for section in self.sections if (condition := section.failing(lead))]
        enough = len(wrong) < len(self.sections) if self.overall is Overall.ANY else not wrong
        if enough or not wrong:
            return passed()
        section, condition = wrong[0]
        return failed(self._reason(section, condition), field=condition.field, value=text(lead, condition.field))

    def _reason(self, section: Together, condition: Condition) -> str:
        """Return what must be corrected: one condition, or several of which one would be enough."""
        if self.overall is Overall.ANY and len(self.sections) > 1:
            return f"None of these holds: {_joined([f'({one.told()})' for one in self.sections], Overall.ANY)}"
        return section.told(demanded=True) if section.overall is Overall.ANY else condition.demanded


def _joined(parts: Sequence[str], overall: Overall) -> str:
    """Join the parts, no more than ten of them."""
    word = " or " if overall is Overall.ANY else " and "
    return word.join([*parts[:LISTED], *([f"{len(parts) - LISTED} more"] if len(parts) > LISTED else [])])
