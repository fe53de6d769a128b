"""Settings as text, in the words of the form that sets them."""

from collections.abc import Mapping
from typing import Any

from django import forms

from processr.job_types.rows_field import RowsField

NOTHING = "nothing"
LONGEST = 400
"""The most characters shown of a value; the job's own page shows all of it."""


def format_setting(field: forms.Field | None, value: Any) -> str:
    """Return the value as text. `field` is its form field, if there is one."""
    text = _format(field, value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"


def label_of(field: forms.Field | None, name: str) -> str:
    label = field.label if field is not None else ""
    return str(label or name.replace("_", " ").capitalize())


def _format(field: forms.Field | None, value: Any) -> str:
    if isinstance(field, forms.BooleanField) or isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(field, RowsField):
        return "; ".join(_format_row(field.row.base_fields, row) for row in value)
    if isinstance(value, Mapping):
        return _format_row({}, value)
    if isinstance(value, list | tuple):
        return ", ".join(_format(field, item) for item in value)
    return _choice_labels(field).get(str(value), str(value))


def _format_row(fields: Mapping[str, forms.Field], row: Mapping[str, Any]) -> str:
    return ", ".join(f"{label_of(fields.get(name), name)}: {_format(fields.get(name), value)}" for name, value in row.items())


def _choice_labels(field: forms.Field | None) -> dict[str, str]:
    """Return the choices of the field, those within groups too: stored value → label."""
    if field is None:
        return {}
    choices: Any = getattr(field, "choices", None) or getattr(field.widget, "choices", ())
    labels = {}
    for key, label in choices:
        group = label if isinstance(label, list | tuple) else [(key, label)]
        labels.update({str(key): str(label) for key, label in group})
    return labels
