"""The OpenAPI description of bulk actions."""

from typing import Any

from config.core.api.hydra import openapi
from config.core.models import Run
from leads import bulk
from leads.api.bulk import SKIPPED_AT_MOST

_IDS = {"type": "array", "items": openapi.ID, "minItems": 1, "maxItems": bulk.AT_MOST}
_COUNT = {"type": "integer", "minimum": 0}
_SKIPPED = {"type": "object", "required": ["lead", "reason"], "properties": {"lead": openapi.ID, "reason": openapi.TEXT}}
_REPROCESS = {"type": "object", "required": ["leads", "confirm"], "properties": {"leads": _IDS, "confirm": {"const": True}}}

SCHEMAS: dict[str, Any] = {
    "BulkAction": {
        "type": "object",
        "required": ["@id", "@type", "id", "type", "state", "total", "processedCount", "skippedCount", "skipped"],
        "properties": {
            "@id": openapi.TEXT,
            "@type": {"const": "BulkAction"},
            "id": openapi.ID,
            "type": openapi.TEXT,
            "state": {"type": "string", "enum": list(Run.State.values)},
            "total": _COUNT,
            "processedCount": _COUNT,
            "skippedCount": _COUNT,
            "processed": {"type": "array", "items": openapi.ID, "description": f"Of an action over at most {bulk.AT_ONCE} leads."},
            "skipped": {"type": "array", "items": _SKIPPED, "description": f"The first {SKIPPED_AT_MOST}."},
            "error": openapi.TEXT,
        },
    }
}
_DONE = openapi.found("BulkAction", "Done, with the leads that were left as they are and why")
_QUEUED = {"202": {**_DONE["200"], "description": "Queued: more leads than are answered at once."}}
PATHS: dict[str, Any] = {
    "/api/v4/leads-bulk-reprocess": {
        "post": openapi.operation(
            "leads_bulk_reprocess",
            "Process leads once more, from the values they were captured with",
            {**_DONE, **_QUEUED},
            body=_REPROCESS,
            example={"leads": [1, 2], "confirm": True},
            once=True,
        )
    },
    "/api/v4/bulk-actions/{id}": {
        "get": openapi.operation(
            "bulk_actions_show",
            "How far a bulk action is",
            openapi.found("BulkAction"),
            parameters=[openapi.in_path("id", "Of the action")],
        )
    },
}
