"""Settings as text, in the words of the form that sets them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from processr.job_types.rows_field import Rows

NOTHING = "nothing"
LONGEST = 400
"""The most characters shown of a value; the job's own page shows all of it."""


def format_setting(field: forms.Field | None, value: Any) -> str:
    """Return the value as text. `field` is its form field, if there is one."""
    told = _spoken(field, value)
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}… ({len(told):,} characters)"


def label_of(field: forms.Field | None, name: str) -> str:
    label = field.label if field is not None else ""
    return str(label or name.replace("_", " ").capitalize())


def _spoken(field: forms.Field | None, value: Any) -> str:
    if isinstance(field, forms.BooleanField) or isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(field, Rows):
        return "; ".join(_row(field.row.base_fields, row) for row in value)
    if isinstance(value, Mapping):
        return _row({}, value)
    if isinstance(value, list | tuple):
        return ", ".join(_spoken(field, one) for one in value)
    return _choices(field).get(str(value), str(value))


def _row(fields: Mapping[str, forms.Field], row: Mapping[str, Any]) -> str:
    return ", ".join(f"{label_of(fields.get(name), name)}: {_spoken(fields.get(name), value)}" for name, value in row.items())


def _choices(field: forms.Field | None) -> dict[str, str]:
    """Return the choices of the field: stored value → label."""
    if field is None:
        return {}
    offered = getattr(field, "choices", None) or getattr(field.widget, "choices", ())
    return {str(key): str(label) for group in offered for key, label in _flat(*group)}


def _flat(key: Any, label: Any) -> Sequence[tuple[Any, Any]]:
    """Return the choices within a group of choices."""
    return label if isinstance(label, list | tuple) else [(key, label)]
