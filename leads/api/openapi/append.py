"""The OpenAPI description of values that are appended by the hash of a lead."""

from typing import Any

from leads.api.openapi import by_hash
from leads.api.openapi.shared import TEXT
from leads.api.values.append import KINDS
from leads.values.field_names import LONGEST_NAME, LONGEST_VALUE

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
    "413": "The body is larger than 512 kB, packed or unpacked.",
    "429": "There were more calls from this address, or for this lead, than are allowed in five minutes.",
}


SCHEMAS: dict[str, Any] = {}
PATHS = {
    "/ajax/lead-append/{lead_hash}": {
        "parameters": [by_hash.lead_hash("add values")],
        "post": {
            "operationId": "lead_append",
            "tags": [by_hash.TAG],
            "summary": "Add values to a lead, and change some",
            "description": "Existing values are overwritten, whatever the state of the lead, which is not processed again by it.",
            "security": [],
            "requestBody": {
                "required": True,
                "content": {kind: {"schema": _SCHEMA, "example": {"crmId": "77", "stage": "Won"}} for kind in KINDS},
            },
            "responses": {"200": by_hash.DONE, **by_hash.refusals(_REFUSED)},
        },
    }
}
