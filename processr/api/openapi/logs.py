"""The OpenAPI description of job results, logs and field names."""

from typing import Any

from config.core.api.hydra import openapi
from config.core.api.hydra.openapi import MOMENT, TEXT
from processr.api.form_mappings import MAPPINGS
from processr.api.job_leads import RESULTS, STATUSES
from processr.api.logs import LOGS, PROCESSR, PROVIDER, SYSTEM

_MAYBE_OBJECT = {"type": ["object", "null"]}
_MAYBE_TEXT = {"type": ["string", "null"]}
_NUMBER = {"type": "integer"}
_LOG = openapi.member(
    id={"type": ["string", "integer"]},
    channel={"type": "string", "enum": [PROCESSR, PROVIDER, SYSTEM]},
    createdTs=MOMENT,
    lead=_MAYBE_TEXT,
    campaign=_MAYBE_OBJECT,
    level=TEXT,
    message=TEXT,
)
_LOG["properties"] |= {"campaignProcessrJob": _MAYBE_OBJECT, **dict.fromkeys(("outcome", "reason", "field", "value"), TEXT)}
SCHEMAS: dict[str, Any] = {
    LOGS.type: _LOG,
    RESULTS.type: openapi.member(
        id=TEXT,
        lead=TEXT,
        campaignProcessrJob={"type": "object"},
        status={"type": "string", "enum": list(STATUSES.values())},
        **dict.fromkeys(("reason", "field", "value"), TEXT),
        score=_NUMBER,
        maxScore=_NUMBER,
        run={"type": ["integer", "null"]},
        createdTs=MOMENT,
    ),
    MAPPINGS.type: openapi.member(
        id=TEXT, source={"type": "string", "enum": ["form", "transform"]}, name=TEXT, label=TEXT, type=TEXT, form=_MAYBE_OBJECT
    ),
}
PATHS: dict[str, Any] = {
    f"/api/v4/{RESULTS.name}": {"get": openapi.listing(RESULTS, "List the result of each job for a lead in its last run", RESULTS.type)},
    f"/api/v4/{LOGS.name}": {
        "get": openapi.listing(LOGS, "List the log of a lead's processing, of providers' answers or of users' actions", LOGS.type)
    },
    f"/api/v4/{MAPPINGS.name}": {
        "get": openapi.listing(MAPPINGS, "List the names that settings of a campaign's jobs may use", MAPPINGS.type)
    },
}
