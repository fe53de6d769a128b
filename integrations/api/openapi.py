"""The OpenAPI description of `/feedback`."""

from typing import Any

from config.core.api.openapi import refers_to
from integrations.feedback.answers import KINDS_OF_ANSWERS
from integrations.feedback.requests import KINDS, LONGEST_REASON, FeedbackType

_TEXT = {"type": "string"}
_TYPE = {**_TEXT, "enum": [each.value for each in FeedbackType]}
_REASON = {**_TEXT, "maxLength": LONGEST_REASON}
_EVENT_ID = {**_TEXT, "pattern": "^[0-9a-fA-F]{24}$"}
_PARAMETERS = [
    {
        "name": "event_id",
        "in": "query",
        "required": True,
        "description": "The event ID that came with the lead. It says who gives feedback, and about which delivery.",
        "schema": _EVENT_ID,
    },
    {"name": "type", "in": "query", "description": "It may be in the body instead; the query wins.", "schema": _TEXT},
    {"name": "reason", "in": "query", "description": "Why, in the receiver's words. It may be in the body instead.", "schema": _TEXT},
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "1 to 255 printable characters: within 24 hours, the same request is processed once.",
        "schema": _TEXT,
    },
]
_SCHEMA = {"type": "object", "required": ["type"], "properties": {"type": _TYPE, "reason": _REASON}}
_EXAMPLE = {"type": "return", "reason": "Wrong number"}
_XML = '<?xml version="1.0" encoding="utf-8" ?>\n<feedback>\n<type>return</type>\n<reason>Wrong number</reason>\n</feedback>'
_BODY = {
    "content": {
        kind: {"schema": {**_SCHEMA, "xml": {"name": "feedback"}}, "example": _XML if kind.endswith("xml") else _EXAMPLE} for kind in KINDS
    }
}
_ANSWERED = {
    "201": "The feedback is recorded. `success`: it is accepted. `failure`: it is not, for the reason that is told.",
    "400": "The event ID is missing or malformed, or the body cannot be read.",
    "404": "There is no delivery with this event ID.",
    "405": "The method is not allowed: `Allow` names the right ones.",
    "406": "No type of answer that the Accept header admits can be given.",
    "409": "`failure`, *Feedback is forbidden*: none of this type is taken of this integration. Or the Idempotency-Key was used before.",
    "411": "The body has neither a Content-Length nor chunks.",
    "413": "The body is larger than 64 kB, packed or unpacked.",
    "415": "The body has no Content-Type, or another one, or a charset or packing that cannot be read.",
    "422": "The type is missing, or neither return nor conversion.",
    "429": "There were more calls from this address, or about this delivery, than are allowed in a minute.",
    "500": "The server failed, and nothing was recorded.",
    "503": "The database cannot be reached; nothing was recorded.",
}
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}


def _answer(status: str, description: str) -> dict[str, Any]:
    schemas = {kind: {"schema": _TEXT if kind == "text/plain" else refers_to("FeedbackAnswer")} for kind in KINDS_OF_ANSWERS}
    answer = {"description": description, "content": schemas}
    return {**answer, "headers": _RETRY} if status in ("429", "503") else answer


def _operation(name: str, summary: str, **more: Any) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["Feedback"],
        "summary": summary,
        "description": "The same feedback on the same delivery is recorded each time, and counts once.",
        "security": [],
        "parameters": _PARAMETERS,
        "responses": {status: _answer(status, text) for status, text in _ANSWERED.items()},
        **more,
    }


SCHEMAS: dict[str, Any] = {
    "FeedbackAnswer": {
        "type": "object",
        "required": ["outcome"],
        "properties": {"outcome": {**_TEXT, "enum": ["success", "failure", "error"]}, "reason": _TEXT},
        "additionalProperties": False,
        "xml": {"name": "result"},
    }
}
PATHS = {
    "/feedback": {
        "get": _operation("feedback_by_query", "Give feedback on a delivery, by the query alone"),
        "post": _operation("feedback", "Give feedback on a delivery", requestBody=_BODY),
    }
}
