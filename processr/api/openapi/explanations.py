"""The OpenAPI description of explanations."""

from typing import Any

from config.core.api.hydra import openapi
from leads.statuses import QaStatus, SecondCheck
from processr.api.explanations import NAME, TYPE
from processr.job_types.outcomes import OutcomeKind

_NUMBER = {"type": "integer"}
_FLAG = {"type": "boolean"}
_LINE = {
    "type": "object",
    "properties": {
        "campaignProcessrJob": _NUMBER,
        **dict.fromkeys(("label", "processrJob", "rule", "group", "conditions", "reason", "field", "value"), openapi.TEXT),
        "hardfail": _FLAG,
        "outcome": {"type": "string", "enum": [kind.value for kind in OutcomeKind]},
        **dict.fromkeys(("points", "of", "scoreSoFar", "possibleSoFar"), _NUMBER),
    },
}
_JOBS = {"type": "array", "items": _NUMBER}
SCHEMAS: dict[str, Any] = {
    TYPE: openapi.member(
        id=openapi.TEXT,
        lead=openapi.ID,
        run=openapi.ID,
        plan=_NUMBER,
        startedTs=openapi.MOMENT,
        qaStatus={"type": "string", "enum": list(QaStatus.values)},
        score=_NUMBER,
        maxScore=_NUMBER,
        threshold={**_NUMBER, "description": "The percentage of the score from which a lead is Caution."},
        hardfail=_FLAG,
        errored=_FLAG,
        testMode=_FLAG,
        secondCheck={"type": "string", "enum": ["", *SecondCheck.values]},
        jobs={"type": "array", "items": _LINE},
        forValid={**_JOBS, "description": "Jobs that would all have had to pass for the lead to be Valid."},
        forCaution={"type": "object", "properties": {"jobs": _JOBS, "points": _NUMBER}},
    )
}
_LEAD = openapi.in_path("lead", "The id of the lead")
PATHS: dict[str, Any] = {
    f"/api/v4/{NAME}/{{lead}}": {
        "get": openapi.operation(
            "lead_explanations_last", "Explain the status of a lead by its last run", openapi.found(TYPE), parameters=[_LEAD]
        )
    },
    f"/api/v4/{NAME}/{{lead}}/runs/{{run}}": {
        "get": openapi.operation(
            "lead_explanations_run",
            "Explain the result of one run of a lead",
            openapi.found(TYPE),
            parameters=[_LEAD, openapi.in_path("run", "The number of the run, from 1")],
        )
    },
}
