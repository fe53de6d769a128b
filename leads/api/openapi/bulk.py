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
            "processed": {
                "type": "array",
                "items": openapi.ID,
                "description": f"The leads that were processed, for an action on at most {bulk.AT_ONCE} leads.",
            },
            "skipped": {"type": "array", "items": _SKIPPED, "description": f"The first {SKIPPED_AT_MOST} leads that were skipped."},
            "error": openapi.TEXT,
        },
    }
}
_DONE = openapi.found("BulkAction", "The action is done; leads that were left unchanged are listed with the reasons")
_QUEUED = {"202": {**_DONE["200"], "description": "The action is queued: it has more leads than are processed at once."}}
PATHS: dict[str, Any] = {
    "/api/v4/leads-bulk-reprocess": {
        "post": openapi.operation(
            "leads_bulk_reprocess",
            "Process leads again, from the values they were captured with",
            {**_DONE, **_QUEUED},
            body=_REPROCESS,
            example={"leads": [1, 2], "confirm": True},
            once=True,
        )
    },
    "/api/v4/bulk-actions/{id}": {
        "get": openapi.operation(
            "bulk_actions_show",
            "Show the progress of a bulk action",
            openapi.found("BulkAction"),
            parameters=[openapi.in_path("id", "The id of the action")],
        )
    },
}
