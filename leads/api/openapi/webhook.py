"""The OpenAPI description of the campaign webhook: every address and every response."""

from typing import Any

from campaigns.submission import SubmissionRefusal
from config.core.api.openapi import json_body, refers_to
from leads.api.openapi import shared
from leads.api.openapi.shared import BODY, FORM_FIELD, ID, LINK, ORIGIN, PROBLEM, RETRY, TEXT, in_path, list_of, object_of, parameter
from leads.api.submit import CREATED, MESSAGE


def _form_with(field: dict[str, Any]) -> dict[str, Any]:
    return object_of(formName=TEXT, formId=ID, fields=list_of(field))


SCHEMAS = {
    "WebhookForm": _form_with(FORM_FIELD),
    "WebhookDescribedForm": _form_with(object_of(key=FORM_FIELD, hidden={"type": "boolean"}, required={"type": "boolean"})),
    "WebhookLink": LINK,
    "WebhookCreated": object_of(code={"const": CREATED}, message={"const": MESSAGE}, data=ID),
    "WebhookRefusal": {**object_of(code={"type": "integer"}, message=TEXT, data=list_of(PROBLEM)), "required": ["code", "message"]},
    "WebhookClosed": object_of(
        code={"const": "403"}, error={"enum": [SubmissionRefusal.CAMPAIGN_INACTIVE, SubmissionRefusal.PUBLISHER_INACTIVE]}
    ),
}
SECURITY_SCHEMES = {
    "campaignKey": {"type": "apiKey", "in": "query", "name": "apikey", "description": "The campaign's own key, shown on its page."}
}
_KEY: list[dict[str, list[str]]] = [{"campaignKey": []}]

_PLAIN = {"text/plain": {"schema": {"const": "Not Found"}}}
_REFUSED = {**shared.REFUSED, "401": "The key is not this campaign's."}


def _refused(status: str) -> dict[str, Any]:
    answer = {"description": _REFUSED[status], "content": json_body(refers_to("WebhookRefusal"))}
    return {**answer, "headers": RETRY} if status in ("429", "503") else answer


_CAMPAIGN = in_path("campaign_id", "The id of the campaign whose key is used.")
_FORM = in_path("form_id", "The id of a form of the campaign, as in its list of fields.")


def _list_path(operation: str, summary: str, schema: str) -> dict[str, Any]:
    responses = {
        "200": {"description": "The list.", "content": json_body(list_of(refers_to(schema)))},
        "404": {"description": "The campaign or the address does not exist.", "content": _PLAIN},
        **{status: _refused(status) for status in ("400", "401", "405", "429", "500", "503")},
    }
    described = {"operationId": operation, "tags": ["Campaign webhook"], "summary": summary, "security": _KEY, "responses": responses}
    return {"parameters": [_CAMPAIGN], "get": described}


_POSTED = {
    "201": {"description": "The lead is stored; `data` is its id.", "content": json_body(refers_to("WebhookCreated"))},
    "403": {"description": "The campaign, or the publisher's contract, is not in force.", "content": json_body(refers_to("WebhookClosed"))},
    "404": {
        "description": "Plain text: the campaign, form or address does not exist. JSON: the publisher or link is not this campaign's.",
        "content": {**_PLAIN, **json_body(refers_to("WebhookRefusal"))},
    },
    **{status: _refused(status) for status in _REFUSED},
}
_QUERY = [
    parameter("publisherId", "The id of the publisher that sends the lead, which must have a contract on this campaign.", ID),
    parameter("campaignLinkId", "The id of the link that the lead came by, one of this campaign's.", ID),
    *ORIGIN,
]


def _post_path(operation: str) -> dict[str, Any]:
    described = {"operationId": operation, "tags": ["Campaign webhook"], "summary": "Post a lead", "security": _KEY}
    return {"parameters": [_CAMPAIGN, _FORM], "post": {**described, "parameters": _QUERY, "requestBody": BODY, "responses": _POSTED}}


_V1, _V2 = "/webhook/campaign/{campaign_id}", "/webhook/campaign/v2/{campaign_id}"
_NAMES, _DESCRIBED, _LINKS = "List the forms with the names of their fields", "List the forms with their fields", "List the links in use"
PATHS = {
    f"{_V1}/form/fields": _list_path("webhook_fields_v1", _NAMES, "WebhookForm"),
    f"{_V1}/global-form/fields": _list_path("webhook_fields_v1_global", _NAMES, "WebhookForm"),
    f"{_V2}/global-form/fields": _list_path("webhook_fields", _DESCRIBED, "WebhookDescribedForm"),
    f"{_V2}/form/fields": _list_path("webhook_fields_form", _DESCRIBED, "WebhookDescribedForm"),
    f"{_V1}/links": _list_path("webhook_links", _LINKS, "WebhookLink"),
    f"{_V2}/links": _list_path("webhook_links_v2", _LINKS, "WebhookLink"),
    f"{_V1}/global-form/{{form_id}}/leads": _post_path("webhook_leads"),
    f"{_V1}/form/{{form_id}}/leads": _post_path("webhook_leads_form"),
    f"{_V2}/global-form/{{form_id}}/leads": _post_path("webhook_leads_v2"),
    f"{_V2}/form/{{form_id}}/leads": _post_path("webhook_leads_form_v2"),
}
