"""The OpenAPI description of values that are appended by the hash of a lead."""

from typing import Any

from config.core.api.openapi import json_body, refers_to
from leads.api.openapi.shared import RETRY, TEXT
from leads.api.values.append import KINDS
from leads.values.field_names import LONGEST_NAME, LONGEST_VALUE

_HASH = {
    "name": "lead_hash",
    "in": "path",
    "required": True,
    "description": "The hash of the lead, which came with it: whoever knows it may add values.",
    "schema": {**TEXT, "pattern": "^[0-9a-fA-F]{32}$"},
}
_SCHEMA = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        **TEXT,
        "description": f"One text, of at most {LONGEST_VALUE:,} characters or as many as its field of the form may have.",
    },
    "description": f"Names of at most {LONGEST_NAME} characters. `form[x]` and `x[]` are x; a name in another case is that field.",
}
_REFUSED = {
    "400": "A name or a value is none, or sent twice with different values; the message names it. Nothing was stored.",
    "403": "The campaign takes no values by hash.",
    "404": "There is no such lead.",
    "405": "The method is not allowed: `Allow` names the right ones.",
    "411": "The body has neither a Content-Length nor chunks.",
    "413": "The body is larger than 512 kB, packed or unpacked.",
    "415": "The body has another content type, or a charset or packing that cannot be read.",
    "429": "There were more calls from this address, or for this lead, than are allowed in five minutes.",
    "500": "The server failed; the message is empty.",
    "503": "The database cannot be reached; nothing was stored.",
}


def _refused(status: str) -> dict[str, Any]:
    answer = {"description": _REFUSED[status], "content": json_body(refers_to("Refusal"))}
    return {**answer, "headers": RETRY} if status in ("429", "503") else answer


SCHEMAS: dict[str, Any] = {}
PATHS = {
    "/ajax/lead-append/{lead_hash}": {
        "parameters": [_HASH],
        "post": {
            "operationId": "lead_append",
            "tags": ["Webhook after delivery"],
            "summary": "Add values to a lead, and change some",
            "description": "Existing values are overwritten, whatever the state of the lead, which is not processed again by it.",
            "security": [],
            "requestBody": {
                "required": True,
                "content": {kind: {"schema": _SCHEMA, "example": {"crmId": "77", "stage": "Won"}} for kind in KINDS},
            },
            "responses": {
                "200": {
                    "description": "Done, or done already. The response is empty.",
                    "content": {"text/plain": {"schema": {**TEXT, "maxLength": 0}}},
                },
                **{status: _refused(status) for status in _REFUSED},
            },
        },
    }
}
