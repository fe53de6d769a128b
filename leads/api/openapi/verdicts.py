"""The OpenAPI description of the webhook after delivery."""

from typing import Any

from config.core.api.openapi import json_body, refers_to
from leads.api.openapi.shared import RETRY, TEXT, object_of, parameter
from leads.api.verdicts import LONGEST_USER, REASON, USER
from leads.bulk.actions import LONGEST_REASON

_HASH = {
    "name": "lead_hash",
    "in": "path",
    "required": True,
    "description": "The hash of the lead, which came with it: whoever knows it may say what became of the lead.",
    "schema": {**TEXT, "pattern": "^[0-9a-fA-F]{32}$"},
}
_FIELDS = {
    REASON: {**TEXT, "minLength": 1, "maxLength": LONGEST_REASON, "description": "Why; a reason of the enterprise's list, or any text."},
    USER: {**TEXT, "minLength": 1, "maxLength": LONGEST_USER, "description": "Who says so, for the log."},
}
_SCHEMA = object_of(**_FIELDS)
_QUERY_TOO = [parameter(name, f"{schema['description']} It may be in the body instead.", TEXT) for name, schema in _FIELDS.items()]
_BODY = {
    "content": {
        kind: {"schema": _SCHEMA, "example": {REASON: "Returned", USER: "Ann of Acme"}}
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")
    }
}
_REFUSED = {
    "400": "A field is missing, too long or no text; the message names it.",
    "403": "The campaign takes no verdicts by webhook.",
    "404": "There is no such lead.",
    "405": "The method is not allowed: `Allow` names the right ones.",
    "411": "The body has neither a Content-Length nor chunks.",
    "413": "The body is larger than 64 kB, packed or unpacked.",
    "415": "The body has another content type, or a charset or packing that cannot be read.",
    "429": "There were more calls from this address than are allowed in five minutes.",
    "500": "The server failed; the message is empty.",
    "503": "The database cannot be reached; nothing was stored.",
}


def _refused(status: str) -> dict[str, Any]:
    answer = {"description": _REFUSED[status], "content": json_body(refers_to("Refusal"))}
    return {**answer, "headers": RETRY} if status in ("429", "503") else answer


def _path(name: str, summary: str, effect: str) -> dict[str, Any]:
    done = {"description": "Done, or done already. The response is empty.", "content": {"text/plain": {"schema": {**TEXT, "maxLength": 0}}}}
    operation = {
        "operationId": name,
        "tags": ["Webhook after delivery"],
        "summary": summary,
        "description": f"{effect} It may be called any number of times, in either direction.",
        "security": [],
        "parameters": _QUERY_TOO,
        "requestBody": _BODY,
        "responses": {"201": done, **{status: _refused(status) for status in _REFUSED}},
    }
    return {"parameters": [_HASH], "post": operation}


SCHEMAS: dict[str, Any] = {}
PATHS = {
    "/api/webhook/validate/{lead_hash}": _path(
        "webhook_validate",
        "Mark a lead as Valid",
        "Whether it is billable is worked out anew, by the present contracts. It is not sent again.",
    ),
    "/api/webhook/invalidate/{lead_hash}": _path(
        "webhook_invalidate", "Mark a lead as Invalid", "It is billable neither to the publisher nor to the advertiser any more."
    ),
}
