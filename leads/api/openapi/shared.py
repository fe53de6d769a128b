"""OpenAPI parts shared by the APIs that take leads: their refusals, and the body of a lead post."""

from typing import Any

from config.core.ids import LARGEST_ID

ID = {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID}
TEXT = {"type": "string"}
RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
REFUSED = {
    "400": "The request is malformed or does not fit the form: then `message` is *Validation failed* and `data` names each field.",
    "405": "The method is not allowed: `Allow` names the right ones.",
    "409": "The Idempotency-Key or the externalId was used for something else, or the first request with this key is still under way.",
    "411": "The body has neither a Content-Length nor chunks.",
    "413": "The body is larger than 512 kB, packed or unpacked.",
    "415": "The body has another content type, or a charset or packing that cannot be read.",
    "429": "There were more calls than are allowed in five minutes.",
    "500": "The server failed; the message is empty.",
    "503": "The database cannot be reached; nothing was stored.",
}


FORM_KEY = r"^form\[[^\[\]]+\](\[[0-9]*\])?$"


def object_of(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object whose properties are all required."""
    return {"type": "object", "required": list(properties), "properties": properties}


def list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def in_path(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": ID}


def parameter(name: str, description: str, schema: dict[str, Any] = TEXT, *, place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "description": description, "schema": schema}


PROBLEM = {**object_of(message=TEXT, fieldName={**TEXT, "examples": ["form[email]"]}), "required": ["message"]}
FORM_FIELD = {**TEXT, "examples": ["form[firstName]"]}
LINK = object_of(id=ID, name=TEXT, channel=TEXT, destination=TEXT)

_METADATA = {
    "externalId": "The sender's own id of the lead: sent again with the same values, it gets the first response again.",
    "publisherSubId": "The publisher's own source of the lead.",
    "landingPageUrl": "The address of the page with the form.",
    "ip": "The person's IP address, if it is not the sender's.",
    "userAgent": "The person's browser, if it is not the sender's.",
}
ORIGIN = [
    *(parameter(name, f"{text} It may be in the body instead.") for name, text in _METADATA.items()),
    parameter("Idempotency-Key", "1 to 255 printable characters: within 24 hours, the same request is processed once.", place="header"),
]

_ADA = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.com"}
_FLAT = {
    "schema": {"type": "object", "patternProperties": {FORM_KEY: TEXT}, "properties": dict.fromkeys(_METADATA, TEXT)},
    "example": {f"form[{name}]": value for name, value in _ADA.items()},
}
BODY_VALUES = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}
_NESTED = {
    "schema": {"type": "object", "required": ["form"], "properties": {"form": BODY_VALUES, **dict.fromkeys(_METADATA, TEXT)}},
    "example": {"form": _ADA},
}
BODY = {
    "required": True,
    "content": {"application/x-www-form-urlencoded": _FLAT, "multipart/form-data": _FLAT, "application/json": _NESTED},
}
