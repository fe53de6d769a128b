"""The settings of a job type as JSON Schema, for programs that configure jobs. It is made from the settings form."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.choices import CallableChoiceIterator
from django.utils.functional import Promise

from processr.job_types.base import JobType
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import LONGEST, FieldNameField, FieldNamesField

JsonSchema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
LEAD_FIELD = "x-leadField"
"""The keyword for a text that is the name of a lead field. `processr-form-mappings` lists the fields of a campaign."""


def settings_schema(job_type: type[JobType]) -> JsonSchema:
    """Return the JSON Schema of a type's settings. A setting that is not given has its default.

    The form has the last word: it also checks what depends on other settings and on the campaign.
    """
    return {"$schema": DRAFT, "title": job_type.label, **_object(job_type.Settings.base_fields)}


def _object(fields: Mapping[str, forms.Field]) -> JsonSchema:
    schema: JsonSchema = {"type": "object", "properties": {name: _property(name, field) for name, field in fields.items()}}
    if required := [name for name, field in fields.items() if _must_be_given(field)]:
        schema["required"] = required
    return {**schema, "additionalProperties": False}


def _must_be_given(field: forms.Field) -> bool:
    """Return whether a value must be given: the field is required, and its initial value is empty."""
    return field.required and field.initial in (None, "", [])


def _property(name: str, field: forms.Field) -> JsonSchema:
    schema = {"title": str(field.label or name.replace("_", " ").capitalize()), **_type_schema(field)}
    if field.help_text:
        schema["description"] = str(field.help_text)
    if field.initial is not None and not callable(field.initial) and not _must_be_given(field):
        schema["default"] = field.initial
    return schema


def _type_schema(field: forms.Field) -> JsonSchema:
    """Return the schema by the first field class that fits, special classes first.

    Any other field is an array if its initial value is a list, and unrestricted if not.
    """
    for field_class, schema_of in _BY_CLASS:
        if isinstance(field, field_class):
            schema: JsonSchema = schema_of(field)
            return schema
    return {"type": "array"} if isinstance(field.initial, list) else {}


def _rows(field: RowsField) -> JsonSchema:
    return _array(_object(field.row.base_fields), field, maxItems=field.at_most)


def _field_names(field: FieldNamesField) -> JsonSchema:
    """Return the schema of a list of texts. Subclasses of `FieldNamesField` may hold other texts than names of fields, such as words."""
    items: JsonSchema = {"type": "string"}
    if type(field) is FieldNamesField:
        items |= {LEAD_FIELD: True, "maxLength": LONGEST}
    return _array(items, field)


def _array(items: JsonSchema, field: forms.Field, **limits: int) -> JsonSchema:
    schema: JsonSchema = {"type": "array", "items": items, **limits}
    return {**schema, "minItems": 1} if field.required else schema


def _field_name(field: FieldNameField) -> JsonSchema:
    return {**_text(field), LEAD_FIELD: True}


def _several_choices(field: forms.MultipleChoiceField) -> JsonSchema:
    return {"type": "array", "items": {"enum": list(_labels(field.choices))}, "uniqueItems": True}


def _choice(field: forms.ChoiceField) -> JsonSchema:
    """Return the choices, or any id where they depend on the campaign: a list of its advertiser, a credential."""
    choices: Any = field.choices
    if isinstance(choices, CallableChoiceIterator) or not list(choices):
        return {"type": ["integer", "string", *([] if field.required else ["null"])]}
    labels = _labels(choices)
    optional = [] if field.required or "" in labels else [""]
    return {"enum": [*optional, *labels], "x-labels": {str(value): label for value, label in labels.items()}}


def _labels(choices: Any) -> dict[Any, str]:
    """Return the labels by value, with groups flattened."""
    labels: dict[Any, str] = {}
    for value, label in choices:
        labels.update(_labels(label) if isinstance(label, list | tuple) else {value: str(label) if isinstance(label, Promise) else label})
    return labels


def _number(field: forms.IntegerField) -> JsonSchema:
    kind = "number" if isinstance(field, forms.FloatField | forms.DecimalField) else "integer"
    schema: JsonSchema = {"type": kind if field.required else [kind, "null"]}
    limits: dict[str, Any] = {"minimum": field.min_value, "maximum": field.max_value}
    for keyword, limit in limits.items():
        if limit is not None:
            schema[keyword] = limit if isinstance(limit, int) else float(limit)
    return schema


def _text(field: forms.CharField) -> JsonSchema:
    schema: JsonSchema = {"type": "string"}
    if field.max_length is not None:
        schema["maxLength"] = field.max_length
    if field.min_length or field.required:
        schema["minLength"] = field.min_length or 1
    return schema


_BY_CLASS: tuple[tuple[type[forms.Field], Callable[[Any], JsonSchema]], ...] = (
    (RowsField, _rows),
    (FieldNamesField, _field_names),
    (FieldNameField, _field_name),
    (forms.MultipleChoiceField, _several_choices),
    (forms.ChoiceField, _choice),
    (forms.BooleanField, lambda _field: {"type": "boolean"}),
    (forms.IntegerField, _number),  # decimal and floating-point fields too: they derive from it
    (forms.CharField, _text),
)
