"""Conditions on the fields of a lead: the form fields that configure them in conditional jobs, and the conditions themselves."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django import forms

from processr.job_types.lead import BatchLead, text
from processr.job_types.settings_fields import FieldName, validate_text
from processr.jobs.text import operators
from processr.jobs.text.operators import LABELS, NUMERIC, Holds, Operator
from processr.jobs.text.words import Words

LONGEST = 250
_ITEM = re.compile(r'[^\S\n]*"((?:[^"]|"")*)"[^\S\n]*(?=,|\n|\Z)|([^,\n]*)')
"""An item between two commas: text in double quotes, which may contain commas and doubled quotes, or any other text."""


class Values(Words):
    """A list of texts, or pasted text in which each comma and line break begins a new value, except within double quotes."""

    def __init__(self, **options: Any) -> None:
        help_text = "With commas between them, or one a line. A value with a comma in it is put in double quotes."
        super().__init__(separators=",\n", **{"label": "Values", "help_text": help_text, **options})

    def to_python(self, value: Any) -> list[str]:
        parts = value if isinstance(value, list | tuple) else _items(str(value or ""))
        return list(dict.fromkeys(one for part in parts if (one := str(part).strip())))

    def validate(self, value: list[str]) -> None:
        forms.Field.validate(self, value)
        if len(value) > self.at_most:
            raise forms.ValidationError(f"Give at most {self.at_most} values. A validation list takes any number.")
        if any(len(one) > LONGEST for one in value):
            raise forms.ValidationError(f"Each value has at most {LONGEST} characters.")
        for one in value:
            validate_text(one)

    def prepare_value(self, value: Any) -> str:
        return ", ".join(map(_quoted, value)) if isinstance(value, list | tuple) else value or ""


def _items(pasted: str) -> Iterable[str]:
    pasted = pasted.replace("\r\n", "\n").replace("\r", "\n")
    for found in _ITEM.finditer(pasted):
        yield found[2] if found[1] is None else found[1].replace('""', '"')


def _quoted(value: object) -> str:
    said = str(value)
    return '"{}"'.format(said.replace('"', '""')) if set(said) & {",", "\n", "\r"} or said.startswith('"') else said


class ConditionForm(forms.Form):
    field = FieldName(label="Field", help_text="Name of the field to look at.")
    operator = forms.ChoiceField(choices=[(one.value, label) for one, label in LABELS.items()], initial=Operator.EXISTS.value)
    values = Values()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("operator") in NUMERIC:
            self._refuse_texts(given.get("values") or ())
        return given

    def _refuse_texts(self, values: Sequence[str]) -> None:
        no_number = next((value for value in values if operators.number_of(value) is None), None)
        if no_number is not None:
            self.add_error("values", f"Only numbers can be compared so, and “{no_number[:40]}” is none: write it like 1250 or 12.5.")


class Overall(StrEnum):
    ANY = "ANY"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one field. `told` words it for a rule, `demanded` for a reason."""

    field: str
    told: str
    demanded: str
    holds: Holds

    def holds_for(self, lead: BatchLead) -> bool:
        return self.holds(text(lead, self.field))


def condition_of(row: Mapping[str, Any]) -> Condition:
    """Return the condition for a form's data. An unfinished one compares with no values and never holds."""
    said = (row.get("field") or "", row.get("operator") or Operator.EXISTS, row.get("values") or ())
    _, operator, values = said
    return Condition(said[0], operators.told(*said), operators.demanded(*said), operators.comparison(operator, values))
