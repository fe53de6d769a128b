"""The OpenAPI description of the publisher API: every address and every response."""

from typing import Any

from campaigns.submission import SubmissionRefusal
from config.core.api.openapi import json_body, refers_to
from leads.api.openapi.shared import (
    BODY_VALUES,
    FORM_FIELD,
    FORM_KEY,
    ID,
    LINK,
    PROBLEM,
    RETRY,
    TEXT,
    in_path,
    list_of,
    object_of,
    parameter,
)
from leads.api.submit import CREATED, MESSAGE

VERSIONS = ["v2", "v2.1", "v2.3", "v2.4", "v2.5"]
SCHEMAS = {
    "PublisherForm": object_of(formName=TEXT, formId=ID, fields=list_of(FORM_FIELD)),
    "PublisherLink": LINK,
    "PublisherLeadCreated": object_of(data=ID, message={"const": MESSAGE}, status={"const": CREATED}),
    "PublisherLeadResult": object_of(
        qaReasons={**TEXT, "description": "The reasons as one text, with `; ` between them."},
        failedJobs={**list_of(TEXT), "description": "The labels of the jobs that failed."},
        leadData={"type": "object", "additionalProperties": TEXT, "description": "The captured values by field."},
    ),
    "PublisherRefusal": object_of(code={"type": "integer"}, message=TEXT),
    "PublisherFieldsRefused": object_of(code={"const": 400}, message={"const": "Validation failed"}, data=list_of(PROBLEM)),
    "PublisherClosed": object_of(
        code={"const": "403"},
        error={"enum": [SubmissionRefusal.NOT_ASSIGNED, SubmissionRefusal.PUBLISHER_INACTIVE, SubmissionRefusal.CAMPAIGN_INACTIVE]},
    ),
    "PublisherTokenRefused": object_of(error={**TEXT, "examples": ["invalid_grant"]}, error_description=TEXT),
}
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token from /api/login or /oauth/v2/token, valid for an hour."},
    "accessToken": {"type": "apiKey", "in": "query", "name": "access_token", "description": "The same token in the query."},
}
_ANY_TOKEN: list[dict[str, list[str]]] = [{"bearer": []}, {"accessToken": []}]

_CHALLENGE = {"WWW-Authenticate": {"description": "Bearer, and what is wrong with the token.", "schema": TEXT}}
_SHAPES = {"400": ("Refusal", "TokenRefused"), "401": ("TokenRefused",), "403": ("Refusal", "TokenRefused")}
_HEADERS = {"401": _CHALLENGE, "429": RETRY, "503": RETRY}
_REFUSED = {
    "400": "The request is malformed or does not fit the form: then `data` names each field.",
    "401": "The token is missing, unknown, expired or withdrawn.",
    "403": "The role may not do this, or the password has expired.",
    "404": "It does not exist, or the holder of the token may not see it.",
    "405": "The method is not allowed: `Allow` names the right ones.",
    "409": "The Idempotency-Key or the externalId was used for something else, or the first request with this key is still under way.",
    "411": "The body has neither a Content-Length nor chunks.",
    "413": "The body is larger than 512 kB, packed or unpacked.",
    "415": "The body has another content type, or a charset or packing that cannot be read.",
    "429": "The user has made more calls than are allowed in five minutes.",
    "500": "The server failed; the message is empty.",
    "503": "The database cannot be reached; nothing was stored.",
}


def _refused(status: str, *more: str) -> dict[str, Any]:
    shapes = [refers_to(f"Publisher{shape}") for shape in (*_SHAPES.get(status, ("Refusal",)), *more)]
    schema: dict[str, Any] = dict(shapes[0]) if len(shapes) == 1 else {"anyOf": shapes}
    headers: dict[str, Any] = {"headers": _HEADERS[status]} if status in _HEADERS else {}
    return {"description": _REFUSED[status], "content": json_body(schema), **headers}


_COMMON_REFUSALS = {status: _refused(status) for status in ("400", "401", "403", "404", "405", "429", "500", "503")}
_POST_REFUSALS: dict[str, Any] = {
    **{status: _refused(status) for status in ("409", "411", "413", "415")},
    "400": _refused("400", "FieldsRefused"),
    "403": {
        **_refused("403", "Closed"),
        "description": "The campaign or the publisher's contract is not in force, or the role may not do this.",
    },
}


_VERSION = {
    "name": "version",
    "in": "path",
    "required": True,
    "description": "All versions have the same responses.",
    "schema": {"type": "string", "enum": VERSIONS},
}
_CAMPAIGN = in_path("campaign_id", "The id of a campaign on which the publisher has a contract.")
_PUBLISHER = in_path("publisher_id", "The id of the publisher that the user works for.")
_FORM = in_path("form_id", "The id of a form of the campaign, as in its list of fields.")
_LEAD = in_path("lead_id", "The id of the lead, from the response to its post.")


def _operation(name: str, summary: str, good: dict[str, Any], **more: Any) -> dict[str, Any]:
    responses = {**good, **_COMMON_REFUSALS, **more.pop("refusals", {})}
    return {"operationId": name, "tags": ["Publisher API"], "summary": summary, "security": _ANY_TOKEN, **more, "responses": responses}


def _list_path(name: str, summary: str, schema: str) -> dict[str, Any]:
    good = {"200": {"description": "The list.", "content": json_body(list_of(refers_to(schema)))}}
    return {"parameters": [_VERSION, _CAMPAIGN], "get": _operation(name, summary, good)}


_METADATA = {
    "externalId": "The sender's own id of the lead: sent again with the same values, it gets the first response again.",
    "publisherSubId": "The publisher's own source of the lead.",
    "landingPageUrl": "The address of the page with the form.",
    "ip": "The person's IP address.",
    "userAgent": "The person's browser.",
}


_QUERY = [
    parameter("linkId", "The id of the link that the lead came by, one of this campaign's.", ID),
    *(parameter(name, f"{text} It may be in the body instead.") for name, text in _METADATA.items()),
    parameter("Idempotency-Key", "1 to 255 printable characters: within 24 hours, the same request is processed once.", place="header"),
]
_FORM_BODY: dict[str, Any] = {
    "type": "object",
    "patternProperties": {FORM_KEY: TEXT},
    "properties": dict.fromkeys(_METADATA, TEXT),
}
_BODY = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {"schema": _FORM_BODY},
        "multipart/form-data": {"schema": _FORM_BODY},
        "application/json": {
            "schema": {"type": "object", "required": ["form"], "properties": {"form": BODY_VALUES, **_FORM_BODY["properties"]}}
        },
    },
}
_CREATED = {"201": {"description": "The lead is stored; `data` is its id.", "content": json_body(refers_to("PublisherLeadCreated"))}}
_RESULT = {
    "200": {
        "description": "The lead is judged. An empty response means that it is Valid; otherwise it says why it is not.",
        "content": {**json_body(refers_to("PublisherLeadResult")), "text/plain": {"schema": {**TEXT, "maxLength": 0}}},
    },
    "202": {
        "description": "The lead is not judged yet: ask again later. The response is empty.",
        "content": {"text/plain": {"schema": {**TEXT, "maxLength": 0}}},
    },
}

_BASE = "/api/{version}/publisher"
PATHS = {
    f"{_BASE}/fields/{{campaign_id}}": _list_path("publisher_fields", "List the forms with the names of their fields", "PublisherForm"),
    f"{_BASE}/links/{{campaign_id}}": _list_path("publisher_links", "List the links in use", "PublisherLink"),
    f"{_BASE}/{{publisher_id}}/forms/{{form_id}}/campaign/{{campaign_id}}/leads": {
        "parameters": [_VERSION, _PUBLISHER, _FORM, _CAMPAIGN],
        "post": _operation("publisher_leads", "Post a lead", _CREATED, parameters=_QUERY, requestBody=_BODY, refusals=_POST_REFUSALS),
    },
    f"{_BASE}/{{publisher_id}}/lead-result/{{lead_id}}": {
        "parameters": [_VERSION, _PUBLISHER, _LEAD],
        "get": _operation("publisher_lead_result", "Show the result of a lead", _RESULT),
    },
}
