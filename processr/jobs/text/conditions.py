"""Conditions on the fields of a lead: the form fields that configure them in conditional jobs, and the conditions themselves."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django import forms

from leads.values import texts
from processr.job_types.lead import JobLead, text
from processr.job_types.outcomes import Outcome, failed
from processr.job_types.settings_fields import FieldNameField, validate_text
from processr.jobs.text import operators, phrases
from processr.jobs.text.operators import LABELS, NUMERIC, Holds, Operator
from processr.jobs.text.words import WordsField

LONGEST = 250
_ITEM = re.compile(r'[^\S\n]*"((?:[^"]|"")*)"[^\S\n]*(?=,|\n|\Z)|([^,\n]*)')
"""An item between two commas: text in double quotes, which may contain commas and doubled quotes, or any other text."""


class ValuesField(WordsField):
    """A list of texts, or pasted text in which each comma and line break begins a new value, except within double quotes."""

    def __init__(self, **options: Any) -> None:
        help_text = "With commas between them, or one a line. A value with a comma in it is put in double quotes."
        super().__init__(separators=",\n", **{"label": "Values", "help_text": help_text, **options})

    def to_python(self, value: Any) -> list[str]:
        parts = value if isinstance(value, list | tuple) else _pasted_values(str(value or ""))
        return list(dict.fromkeys(item for part in parts if (item := texts.strip(str(part)))))

    def validate(self, value: list[str]) -> None:
        forms.Field.validate(self, value)
        if len(value) > self.at_most:
            raise forms.ValidationError(f"Give at most {self.at_most} values. A validation list takes any number.")
        if any(len(item) > LONGEST for item in value):
            raise forms.ValidationError(f"Each value has at most {LONGEST} characters.")
        for item in value:
            validate_text(item)

    def prepare_value(self, value: Any) -> str:
        return ", ".join(map(_quoted, value)) if isinstance(value, list | tuple) else value or ""


def _pasted_values(pasted: str) -> Iterable[str]:
    pasted = pasted.replace("\r\n", "\n").replace("\r", "\n")
    for match in _ITEM.finditer(pasted):
        yield match[2] if match[1] is None else match[1].replace('""', '"')


def _quoted(value: object) -> str:
    """Return the value in double quotes if it would otherwise not be read back as one value."""
    item = str(value)
    if item.startswith('"') or set(item) & {",", "\n", "\r"}:
        return '"{}"'.format(item.replace('"', '""'))
    return item


class ConditionForm(forms.Form):
    field = FieldNameField(label="Field", help_text="Name of the field to look at.")
    operator = forms.ChoiceField(choices=[(operator.value, label) for operator, label in LABELS.items()], initial=Operator.EXISTS.value)
    values = ValuesField()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("operator") in NUMERIC:
            no_number = next((value for value in cleaned.get("values") or () if operators.number_of(value) is None), None)
            if no_number is not None:
                self.add_error("values", f"Only numbers can be compared so, and “{no_number[:40]}” is none: write it like 1250 or 12.5.")
        return cleaned


class Combination(StrEnum):
    ANY = "ANY"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one field. `fact` words it for a rule, `demand` for a reason."""

    field: str
    fact: str
    demand: str
    holds: Holds

    def holds_for(self, lead: JobLead) -> bool:
        return self.holds(text(lead, self.field))

    def failed(self, lead: JobLead, demand: str = "") -> Outcome:
        """Return the outcome for a lead that does not meet the condition, or the wider `demand` that it is a part of."""
        value = text(lead, self.field)
        return failed(phrases.demanded(self.field, value, demand or self.demand), field=self.field, value=value)


def condition_of(row: Mapping[str, Any]) -> Condition:
    """Return the condition for a form's data. An unfinished one compares with no values and never holds."""
    field, operator, values = row.get("field") or "", row.get("operator") or Operator.EXISTS, row.get("values") or ()
    return Condition(
        field=field,
        fact=operators.describe_fact(field, operator, values),
        demand=operators.describe_demand(field, operator, values),
        holds=operators.comparison(operator, values),
    )
