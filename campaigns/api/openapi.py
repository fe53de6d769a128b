"""The OpenAPI description of the token endpoints: both addresses and every response."""

from typing import Any

from campaigns.api.access import API_KEY_GRANT, API_KEY_GRANT_IN_HTTP
from config.core.accounts.bearer import GOOD_FOR
from config.core.api.openapi import json_body, refers_to

_TEXT = {"type": "string"}
_OR_NULL = {"type": ["string", "null"]}
_ID = {"type": "integer", "format": "int64", "minimum": 1}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


_TOKEN = {
    "access_token": _TEXT,
    "expires_in": {"const": int(GOOD_FOR.total_seconds())},
    "token_type": {"const": "bearer"},
    "scope": {"type": "null"},
    "refresh_token": {**_TEXT, "description": "It is valid once, for fourteen days."},
}
_CLIENT = {**_OR_NULL, "description": "The platform's client, which /oauth/v2/token requires for a refresh; null if there is none."}
_WORDS = ["invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type", "too_many_requests"]
SCHEMAS = {
    "Token": _object(**_TOKEN),
    "LoginToken": _object(**_TOKEN, client_id=_CLIENT, client_secret=_CLIENT, user_id=_ID, password_expired={"type": "boolean"}),
    "TokenRefusal": _object(error={**_TEXT, "enum": _WORDS}, error_description=_TEXT),
    "TokenFailure": _object(code={"type": "integer"}, message=_TEXT),
}

_AGAIN = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
_REFUSED = {
    "400": "The request is malformed, or the credentials are wrong: `error` says which in OAuth's words.",
    "411": "The body has neither a Content-Length nor chunks.",
    "413": "The body is larger than 512 kB, packed or unpacked.",
    "415": "The body has another content type, or a charset or packing that cannot be read.",
    "429": "There were too many log-ins in five minutes, or too many wrong passwords.",
}
_FAILED = {
    "405": "The method is not allowed: `Allow` names the right ones.",
    "500": "The server failed; the message is empty.",
    "503": "The database cannot be reached; no token was issued.",
}
_OF_EITHER_KIND = {"anyOf": [refers_to("TokenRefusal"), refers_to("TokenFailure")]}
"""The second format is that of errors raised before the view is reached, for example for an unknown host name."""


def _answers(schema: str, *, body: bool, more: dict[str, str] | None = None) -> dict[str, Any]:
    refused = {status: text for status, text in _REFUSED.items() if body or status in ("400", "429")} | (more or {})
    answers: dict[str, Any] = {"200": {"description": "The token.", "content": json_body(refers_to(schema))}}
    answers |= {status: {"description": text, "content": json_body(refers_to("TokenRefusal"))} for status, text in refused.items()}
    answers |= {status: {"description": text, "content": json_body(refers_to("TokenFailure"))} for status, text in _FAILED.items()}
    answers["400"]["content"] = json_body(_OF_EITHER_KIND)
    answers["429"]["headers"] = answers["503"]["headers"] = _AGAIN
    return answers


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")
    return {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}


_FACTOR = {**_OR_NULL, "description": "Accepted and ignored, as there is no second factor."}
_LOGIN = {
    "type": "object",
    "required": ["username", "password"],
    "properties": {"username": _TEXT, "password": _TEXT, "mfa_token": _FACTOR, "mfa_code": _FACTOR},
}
_GRANT: dict[str, dict[str, Any]] = {
    "grant_type": {**_TEXT, "enum": [API_KEY_GRANT, API_KEY_GRANT_IN_HTTP, "password", "refresh_token"]},
    "api_key": {**_TEXT, "description": "Required for the API key grant."},
    "username": {**_TEXT, "description": "Required for the password grant."},
    "password": {**_TEXT, "description": "Required for the password grant."},
    "refresh_token": {**_TEXT, "description": "Required for a refresh."},
    "client_id": {**_TEXT, "description": "Required except with a publisher's API key; may be sent by HTTP Basic."},
    "client_secret": {**_TEXT, "description": "Required together with client_id."},
}
_BASIC = {"401": "HTTP Basic names another client than the platform's."}


def _operation(name: str, summary: str, **details: Any) -> dict[str, Any]:
    return {"operationId": name, "tags": ["Tokens"], "summary": summary, "security": [], **details}


PATHS = {
    "/api/login": {
        "post": _operation(
            "login", "Get a token for a user name and a password",
            requestBody=_body(_LOGIN), responses=_answers("LoginToken", body=True),
        )
    },
    "/oauth/v2/token": {
        "get": _operation(
            "token_by_query", "Get a token for an API key, a password or a refresh token",
            parameters=[
                {"name": name, "in": "query", "required": name == "grant_type", "schema": schema} for name, schema in _GRANT.items()
            ],
            responses=_answers("Token", body=False, more=_BASIC),
        ),
        "post": _operation(
            "token", "Get a token, with the parameters in the body, in the query, or in both",
            requestBody=_body({"type": "object", "required": ["grant_type"], "properties": _GRANT}),
            responses=_answers("Token", body=True, more=_BASIC),
        ),
    },
}  # fmt: skip
