"""The settings of a job type as JSON Schema, for programs that configure jobs. It is made from the settings form."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.choices import CallableChoiceIterator
from django.utils.functional import Promise

from processr.job_types.base import JobType
from processr.job_types.rows_field import Rows
from processr.job_types.settings_fields import LONGEST, FieldName, FieldNames

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
LEAD_FIELD = "x-leadField"
"""The keyword for a text that is the name of a lead field. `processr-form-mappings` lists the fields of a campaign."""


def settings_schema(job_type: type[JobType]) -> Schema:
    """Return the JSON Schema of a type's settings. A setting that is not given has its default.

    The form has the last word: it also checks what depends on other settings and on the campaign.
    """
    return {"$schema": DRAFT, "title": job_type.label, **_object(job_type.Settings.base_fields)}


def _object(fields: Mapping[str, forms.Field]) -> Schema:
    needed = [name for name, field in fields.items() if _is_needed(field)]
    schema: Schema = {"type": "object", "properties": {name: _described(name, field) for name, field in fields.items()}}
    return {**schema, **({"required": needed} if needed else {}), "additionalProperties": False}


def _is_needed(field: forms.Field) -> bool:
    """Return whether a value must be given: the field is required, and its initial value is empty."""
    return field.required and field.initial in (None, "", [])


def _described(name: str, field: forms.Field) -> Schema:
    described = {"title": str(field.label or name.replace("_", " ").capitalize()), **_kind(field)}
    if field.help_text:
        described["description"] = str(field.help_text)
    if field.initial is not None and not callable(field.initial) and not _is_needed(field):
        described["default"] = field.initial
    return described


def _kind(field: forms.Field) -> Schema:
    """Return the schema by the first field class that fits, special classes first.

    Any other field is an array if its initial value is a list, and unrestricted if not.
    """
    for kind, schema in _KINDS:
        if isinstance(field, kind):
            described: Schema = schema(field)
            return described
    return {"type": "array"} if isinstance(field.initial, list) else {}


def _field_name(field: Any) -> Schema:
    return {**_text(field), LEAD_FIELD: True}


def _names(field: Any) -> Schema:
    """Return the schema of a list of texts. Subclasses of `FieldNames` may hold other texts than names of fields, such as words."""
    name: Schema = {"type": "string", LEAD_FIELD: True, "maxLength": LONGEST} if type(field) is FieldNames else {"type": "string"}
    return {"type": "array", "items": name, **({"minItems": 1} if field.required else {})}


def _rows(field: Any) -> Schema:
    rows: Schema = {"type": "array", "items": _object(field.row.base_fields), "maxItems": field.at_most}
    return {**rows, **({"minItems": 1} if field.required else {})}


def _text(field: Any) -> Schema:
    limits = {"maxLength": field.max_length, "minLength": field.min_length or (1 if field.required else None)}
    return {"type": "string", **{name: limit for name, limit in limits.items() if limit is not None}}


def _number(kind: str) -> Any:
    def schema(field: Any) -> Schema:
        limits = {"minimum": field.min_value, "maximum": field.max_value}
        given = {name: _json_number(limit) for name, limit in limits.items() if limit is not None}
        return {"type": kind if field.required else [kind, "null"], **given}

    return schema


def _json_number(limit: Any) -> Any:
    return limit if isinstance(limit, int) else float(limit)


def _choice(field: Any) -> Schema:
    """Return the choices, or any id where they depend on the campaign: a list of its advertiser, a credential."""
    if isinstance(field.choices, CallableChoiceIterator) or not list(field.choices):
        return {"type": ["integer", "string", *([] if field.required else ["null"])]}
    words = _choices(field.choices)
    optional = [] if field.required or "" in words else [""]
    return {"enum": [*optional, *words], "x-labels": {str(value): label for value, label in words.items()}}


def _several(field: Any) -> Schema:
    return {"type": "array", "items": {"enum": list(_choices(field.choices))}, "uniqueItems": True}


def _choices(choices: Any) -> dict[Any, str]:
    """Return the labels by value, with groups flattened."""
    flat: dict[Any, str] = {}
    for value, label in choices:
        flat.update(_choices(label) if isinstance(label, list | tuple) else {value: str(label) if isinstance(label, Promise) else label})
    return flat


_KINDS: tuple[tuple[type[forms.Field], Any], ...] = (
    (Rows, _rows),
    (FieldNames, _names),
    (FieldName, _field_name),
    (forms.MultipleChoiceField, _several),
    (forms.ChoiceField, _choice),
    (forms.BooleanField, lambda field: {"type": "boolean"}),  # noqa: ARG005
    (forms.FloatField, _number("number")),
    (forms.DecimalField, _number("number")),
    (forms.IntegerField, _number("integer")),
    (forms.CharField, _text),
)
