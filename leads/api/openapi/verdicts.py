"""The OpenAPI description of the webhook after delivery."""

from typing import Any

from leads.api.openapi import by_hash
from leads.api.openapi.shared import TEXT, object_of, parameter
from leads.api.verdicts import LONGEST_USER, REASON, USER
from leads.bulk.actions import LONGEST_REASON

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
    "413": "The body is larger than 64 kB, packed or unpacked.",
    "429": "There were more calls from this address than are allowed in five minutes.",
}


def _path(name: str, summary: str, effect: str) -> dict[str, Any]:
    operation = {
        "operationId": name,
        "tags": [by_hash.TAG],
        "summary": summary,
        "description": f"{effect} It may be called any number of times, in either direction.",
        "security": [],
        "parameters": _QUERY_TOO,
        "requestBody": _BODY,
        "responses": {"201": by_hash.DONE, **by_hash.refusals(_REFUSED)},
    }
    return {"parameters": [by_hash.lead_hash("say what became of the lead")], "post": operation}


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
