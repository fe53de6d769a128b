"""The OpenAPI description of the preview of value transforms."""

from typing import Any

from config.core.api.hydra import openapi
from processr.api.value_transforms import LEADS_AT_MOST, TYPE, VALUES_AT_MOST
from processr.models import ValueTransform

_REFERENCE = {"type": ["integer", "string"], "description": "An id, or an address."}
_OR_NULL = {"type": ["string", "null"]}
_RESULT = {
    "type": "object",
    "required": ["lead", "originalValue", "newValue", "problem"],
    "properties": {
        "lead": {**_OR_NULL, "description": "The address of the lead; null for values from the request."},
        "originalValue": openapi.TEXT,
        "newValue": {**_OR_NULL, "description": "The new value; null means that the new field is not written."},
        "problem": {**_OR_NULL, "description": "The reason why such a lead would be in error."},
    },
}
SCHEMAS: dict[str, Any] = {
    TYPE: {
        "type": "object",
        "required": ["@type", "originalFieldName", "results"],
        "properties": {"@type": openapi.TEXT, "originalFieldName": openapi.TEXT, "results": {"type": "array", "items": _RESULT}},
    }
}
_BODY = {
    "type": "object",
    "required": ["originalFieldName", "config"],
    "anyOf": [{"required": ["advertiser"]}, {"required": ["campaign"]}],
    "additionalProperties": False,
    "properties": {
        "advertiser": _REFERENCE,
        "campaign": {**_REFERENCE, "description": "The transforms of this campaign run before the one that is tried."},
        "type": {"type": "string", "enum": list(ValueTransform.Type.values), "default": "manipulate"},
        "originalFieldName": {**openapi.TEXT, "minLength": 1, "maxLength": 80},
        "newFieldName": {**openapi.TEXT, "maxLength": 80},
        "config": {"type": "object", "description": '{"steps": […]} for a Manipulate, {"values": {original: new}} for a Transform.'},
        "leads": {"type": "array", "minItems": 1, "maxItems": LEADS_AT_MOST, "items": _REFERENCE},
        "values": {
            "type": "array",
            "minItems": 1,
            "maxItems": VALUES_AT_MOST,
            "items": {"type": "object", "additionalProperties": openapi.TEXT},
        },
    },
}
_EXAMPLE = {
    "advertiser": 1,
    "originalFieldName": "createdDate",
    "config": {"steps": [{"kind": "replace", "find": r"/(\d{4})\-(\d{2})\-(\d{2})$/", "replacement": "$2"}]},
    "values": [{"createdDate": "2026-01-31"}],
}
PATHS: dict[str, Any] = {
    "/api/v4/advertiser-value-manipulate-preview": {
        "post": openapi.operation(
            "advertiser_value_manipulate_preview",
            "Preview a value transform on leads or values",
            openapi.found(TYPE, "One result for each lead or value, in their order"),
            body=_BODY,
            example=_EXAMPLE,
            once=True,
        )
    }
}
