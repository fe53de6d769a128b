"""The OpenAPI description of jobs, their groups and their catalogue."""

from typing import Any

from config.core.api.hydra import openapi
from config.core.api.hydra.openapi import ID, MOMENT, TEXT
from processr.api.catalogue import TYPES
from processr.api.checks import AT_MOST, LONGEST
from processr.api.groups import GROUPS
from processr.api.jobs import JOBS
from processr.models import Job
from processr.services.columns import LAST_STAGE, MOST_POINTS

_FLAG = {"type": "boolean"}
_COUNT = {"type": "integer", "minimum": 0}
_POINTS = {"type": "integer", "minimum": 0, "maximum": MOST_POINTS}
_MAYBE_POINTS = {"type": ["integer", "null"], "minimum": 0, "maximum": MOST_POINTS}
_OBJECT = {"type": "object"}
_MAYBE = {"type": ["object", "null"]}
_LIST = {"type": "array", "items": _OBJECT}
_CONDITION = {"type": "object", "required": ["field", "values"], "properties": {"field": TEXT, "values": {"type": ["array", "string"]}}}
_REFERENCE = {"type": ["integer", "string", "object"], "description": "An id, an address, or an object with one of them."}
_CONFIG = {
    "type": ["array", "object"],
    "description": "Settings by key, or a list of {key, value}, as the catalogue describes them. Settings not named stay unchanged.",
}
_MEMBERSHIP = {
    "type": ["object", "null"],
    "required": ["campaignProcessrJobGroup"],
    "properties": {"campaignProcessrJobGroup": _REFERENCE, "conditions": {"type": "array", "items": _CONDITION}},
}
_SAID: dict[str, Any] = {
    "label": {**TEXT, "minLength": 1, "maxLength": 120},
    "stage": {"type": "integer", "minimum": 0, "maximum": LAST_STAGE},
    "score": _POINTS,
    **dict.fromkeys(("hardfail", "enabled", "shownOnCampaign", "visible", "alwaysDeliver", "afterEnrichment", "deliverTestLeads"), _FLAG),
    "routeByScoreMinimum": _MAYBE_POINTS,
    "routeByScoreMaximum": _MAYBE_POINTS,
    "routingValues": {"type": "array", "items": _CONDITION},
    "campaignMapping": _LIST,
    "onError": {"type": "string", "enum": list(Job.OnError.values)},
    "lockState": {"type": "string", "enum": list(Job.LockState.values)},
}
"""Properties that are the same in requests and in responses."""
_SENT = {
    **_SAID,
    "config": _CONFIG,
    "credential": {"type": ["integer", "string", "object", "null"]},
    "campaignProcessrJobGroupJob": _MEMBERSHIP,
}
_NEW = {
    "type": "object",
    "required": ["campaign", "processrJob"],
    "properties": {"campaign": _REFERENCE, "processrJob": _REFERENCE, **_SENT},
}
_RULE: dict[str, Any] = {
    "id": ID,
    "label": TEXT,
    "campaign": _OBJECT,
    "processrJob": _OBJECT,
    "config": {"type": "array", "items": {"type": "object", "required": ["key", "value"], "properties": {"key": TEXT}}},
    "rule": {**TEXT, "description": "The condition under which a lead passes."},
    "updatedTs": MOMENT,
}
_RECORD = openapi.member(**_RULE)
_STATISTICS = {"type": "object", "properties": dict.fromkeys(("total", "passed", "failed", "errored", "skipped"), _COUNT)}
_RECORD["properties"] |= {
    **_SAID,
    "updatedBy": _MAYBE,
    "campaignProcessrJobGroupJob": _MAYBE,
    "statistics": _STATISTICS,
    "unmappedFields": {"type": "array", "items": TEXT},
    "credential": _MAYBE,
}
_RECORD["description"] = "Publishers see only the rule, neither how it counts nor its results."
_CATALOGUED = {
    **{"id": ID, "key": TEXT, "name": TEXT, "description": TEXT, "defaultJob": _FLAG, "defaultScore": _COUNT, "defaultHardfail": _FLAG},
    **{"processrJobCategory": _OBJECT, "hasCredentialManager": _FLAG, "settings": {**_OBJECT, "description": "JSON Schema, 2020-12."}},
}
_VALUES = {
    "type": "object",
    "required": ["values"],
    "properties": {"values": {"type": "array", "items": {**TEXT, "maxLength": LONGEST}, "minItems": 1, "maxItems": AT_MOST}},
}
_RESULTS = {
    "type": "array",
    "items": {"type": ["boolean", "null"]},
    "description": "The results in the order of the values; null means that it cannot be determined.",
}
SCHEMAS: dict[str, Any] = {
    JOBS.type: _RECORD,
    TYPES.type: openapi.member(**_CATALOGUED),
    GROUPS.type: openapi.member(id=ID, name=TEXT, score=_POINTS, campaign=_OBJECT, jobCount=_COUNT),
    "ProcessrJobCheck": {
        "type": "object",
        "required": ["@type", "campaignProcessrJob", "results"],
        "properties": {"@type": TEXT, "campaignProcessrJob": TEXT, "results": _RESULTS},
    },
}
_CHANGED = {"412": "It was changed in the meantime: If-Match names another state."}
_IF_MATCH = {"name": "If-Match", "in": "header", "description": "The ETag of the state that was seen.", "schema": TEXT}
_JOB, _TYPE, _GROUP = (openapi.in_path("pk", f"The id of the {what}") for what in ("job", "type", "group"))
_GROUP_SAID = {"name": {**TEXT, "minLength": 1, "maxLength": 120}, "score": _POINTS}
_NEW_GROUP = {"type": "object", "required": ["campaign", "name"], "properties": {"campaign": _REFERENCE, **_GROUP_SAID}}
_OF_A_GROUP = {"type": "object", "properties": _GROUP_SAID}
PATHS: dict[str, Any] = {
    f"/api/v4/{JOBS.name}": {
        "get": openapi.listing(
            JOBS, "List the jobs on campaigns; a publisher sees the lists and simple conditions that apply to it", JOBS.type
        ),
        "post": openapi.operation(
            "campaign_processr_jobs_add",
            "Add a job to a campaign",
            openapi.created(JOBS.type),
            body=_NEW,
            example={"campaign": 1, "processrJob": 1003, "label": "No tests", "score": 20, "config": []},
            once=True,
        ),
    },
    f"/api/v4/{JOBS.name}/{{pk}}": {
        "get": openapi.operation("campaign_processr_jobs_show", "Show a job", openapi.found(JOBS.type), parameters=[_JOB]),
        "patch": openapi.operation(
            "campaign_processr_jobs_change",
            "Change a job; properties that are not named stay unchanged",
            openapi.found(JOBS.type),
            parameters=[_JOB, _IF_MATCH],
            body={"type": "object", "properties": _SENT},
            example={"score": 30},
            refusals=_CHANGED,
        ),
        "delete": openapi.operation(
            "campaign_processr_jobs_remove", "Remove a job", openapi.gone(), parameters=[_JOB, _IF_MATCH], refusals=_CHANGED
        ),
    },
    f"/api/v4/{JOBS.name}/{{pk}}/check": {
        "post": openapi.operation(
            "campaign_processr_jobs_check",
            "Check whether values would pass the validation list or simple condition",
            openapi.found("ProcessrJobCheck", "One result for each value"),
            parameters=[_JOB],
            body=_VALUES,
            example={"values": ["Acme"]},
            once=True,
        )
    },
    f"/api/v4/{GROUPS.name}": {
        "get": openapi.listing(GROUPS, "List the job groups of campaigns", GROUPS.type),
        "post": openapi.operation(
            "campaign_processr_job_groups_add",
            "Add a group",
            openapi.created(GROUPS.type),
            body=_NEW_GROUP,
            example={"campaign": 1, "name": "By region", "score": 10},
            once=True,
        ),
    },
    f"/api/v4/{GROUPS.name}/{{pk}}": {
        "get": openapi.operation("campaign_processr_job_groups_show", "Show a group", openapi.found(GROUPS.type), parameters=[_GROUP]),
        "patch": openapi.operation(
            "campaign_processr_job_groups_change",
            "Rename a group, or change its score",
            openapi.found(GROUPS.type),
            parameters=[_GROUP],
            body=_OF_A_GROUP,
            example={"score": 30},
        ),
        "delete": openapi.operation(
            "campaign_processr_job_groups_remove", "Remove a group; its jobs stay", openapi.gone(), parameters=[_GROUP]
        ),
    },
    f"/api/v4/{TYPES.name}": {"get": openapi.listing(TYPES, "List the types of jobs that can be added to a campaign", TYPES.type)},
    f"/api/v4/{TYPES.name}/{{pk}}": {
        "get": openapi.operation("processr_jobs_show", "Show a type of job", openapi.found(TYPES.type), parameters=[_TYPE])
    },
}
